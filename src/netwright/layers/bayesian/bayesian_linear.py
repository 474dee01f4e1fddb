"""A linear layer whose weights are Gaussian."""

from typing import final

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers.bayesian.gaussian_weights import GaussianWeights


@final
class BayesianLinear(GaussianWeights):
    """A linear layer whose weights are independent Gaussians, learned by backpropagation.

    Use it where a network shall say what it does not know: draws of the weights agree where there were
    training rows and differ elsewhere. Add `divergence(network)`, over the number of training rows, to the
    loss. In evaluation mode the means answer, unless `sampling` is set.

        y = W x + b,   W_ij ~ N(m_ij, s_ij^2),   s = log(1 + e^r)
        drawn as   y ~ N(m x + m_b, s^2 x^2 + s_b^2)

    Args:
        n_inputs: features in.
        n_outputs: features out.
        bias: whether there is one.
        prior_scale: standard deviation of each weight before any data is seen.
        initial_scale: standard deviation of each weight at first, as a share of the prior's.

    Raises:
        InputError: when a scale is not above 0.

    Example:
        >>> import torch
        >>> layer = BayesianLinear(3, 2)
        >>> one, other = layer(torch.ones(4, 3)), layer(torch.ones(4, 3))
        >>> one.shape, torch.equal(one, other)
        (torch.Size([4, 2]), False)

    Source:
        Blundell, Cornebise, Kavukcuoglu and Wierstra (2015), "Weight Uncertainty in Neural Networks",
        arXiv:1505.05424; drawn by the answers: Kingma, Salimans and Welling (2015), "Variational Dropout and
        the Local Reparameterization Trick", arXiv:1506.02557.

    Differs:
        The prior is one Gaussian, so that the divergence from it is known in closed form.
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        bias: bool = True,
        prior_scale: float = 1.0,
        initial_scale: float = 0.05,
    ) -> None:
        like = nn.Linear(n_inputs, n_outputs, bias)
        super().__init__(like.weight, like.bias, prior_scale, initial_scale)

    @classmethod
    def like(cls, layer: nn.Linear, prior_scale: float, initial_scale: float) -> "BayesianLinear":
        """Return a layer whose means are the weights of a plain one.

        Args:
            layer: a linear layer.
            prior_scale: as above.
            initial_scale: as above.
        """
        made = cls.__new__(cls)
        GaussianWeights.__init__(made, layer.weight, layer.bias, prior_scale, initial_scale)
        return made

    def answer(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return what the layer gives with these weights."""
        return F.linear(x, weight, bias)

    def forward(self, x: Float[Tensor, "*batch inputs"]) -> Float[Tensor, "*batch outputs"]:
        return super().forward(x)
