"""A convolution whose kernels are Gaussian."""

from typing import final

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers.bayesian.gaussian_weights import GaussianWeights


@final
class BayesianConv2d(GaussianWeights):
    """A convolution whose kernels are independent Gaussians, learned by backpropagation.

    Use it as `BayesianLinear`, for pictures.

        y = W * x + b,   W ~ N(m, s^2),   drawn as   y ~ N(m * x + m_b, s^2 * x^2 + s_b^2)

    Args:
        n_inputs: channels in.
        n_outputs: channels out.
        kernel_size: rows and columns of a kernel.
        stride: step of the kernels.
        padding: zeros on each side.
        bias: whether there is one.
        prior_scale: standard deviation of each weight before any data is seen.
        initial_scale: standard deviation of each weight at first, as a share of the prior's.

    Raises:
        InputError: when a scale is not above 0.

    Example:
        >>> import torch
        >>> BayesianConv2d(1, 4, kernel_size=3, padding=1)(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 4, 8, 8])

    Source:
        Blundell, Cornebise, Kavukcuoglu and Wierstra (2015), "Weight Uncertainty in Neural Networks",
        arXiv:1505.05424; drawn by the answers: Kingma, Salimans and Welling (2015), "Variational Dropout and
        the Local Reparameterization Trick", arXiv:1506.02557.

    Differs:
        The noise of two places is drawn apart, as if each place had kernels of its own.
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        kernel_size: int = 3,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
        prior_scale: float = 1.0,
        initial_scale: float = 0.05,
    ) -> None:
        like = nn.Conv2d(n_inputs, n_outputs, kernel_size, stride, padding, bias=bias)
        super().__init__(like.weight, like.bias, prior_scale, initial_scale)
        self._keep(like)

    @classmethod
    def like(cls, layer: nn.Conv2d, prior_scale: float, initial_scale: float) -> "BayesianConv2d":
        """Return a layer whose means are the kernels of a plain one.

        Args:
            layer: a convolution that pads with zeros.
            prior_scale: as above.
            initial_scale: as above.
        """
        made = cls.__new__(cls)
        GaussianWeights.__init__(made, layer.weight, layer.bias, prior_scale, initial_scale)
        made._keep(layer)
        return made

    def _keep(self, layer: nn.Conv2d) -> None:
        self.stride, self.dilation, self.groups = layer.stride, layer.dilation, layer.groups
        self.padding = layer.padding

    def answer(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return what the layer gives with these weights."""
        return F.conv2d(x, weight, bias, self.stride, self.padding, self.dilation, self.groups)

    def forward(
        self, x: Float[Tensor, "batch inputs height width"]
    ) -> Float[Tensor, "batch outputs rows columns"]:
        return super().forward(x)
