"""Entropy of outputs by Parzen windows, whatever their scale: small where they gather in few places."""

import math
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class ParzenEntropy(nn.Module):
    """Entropy of a batch of outputs, whatever form they are spread in, less the logarithm of their spread.

    Use it to find groups without labels: made small, it draws outputs to few places far from each other.
    Bound the outputs (tanh), whose ends these places then are.

        p(y_i) = 1 / (n - 1) sum_(j != i) N(y_i; y_j, width^2)
        H = -mean_i log p(y_i) - sum_d log std(y_d)

    Args:
        width: standard deviation of the windows, in units of the outputs.

    Raises:
        InputError: when width is not above 0.

    Example:
        >>> near = torch.tensor([[-0.1], [0.0], [0.1], [0.2]])
        >>> bool(ParzenEntropy()((near - 0.05).sign()) < ParzenEntropy()(near))
        True

    Source:
        Klapper-Rybicka, Schraudolph and Schmidhuber (2001), "Unsupervised Learning in LSTM Recurrent Neural
        Networks", doi:10.1007/3-540-44668-0_95; the estimate: Viola, Schraudolph and Sejnowski (1995),
        "Empirical Entropy Manipulation for Real-World Problems", NIPS 8; less the spread: Schraudolph (2004),
        "Gradient-Based Manipulation of Nonparametric Entropy Estimates", IEEE Transactions on Neural Networks
        15(4).
        Differs: the width of the windows is given, and not the likeliest.
    """

    def __init__(self, width: float = 0.2) -> None:
        super().__init__()
        if not width > 0:
            raise InputError("width must be above 0", repr(width), "0.2 is usual for outputs from -1 to 1")
        self.width = width

    def forward(self, outputs: Float[Tensor, "batch outputs"]) -> Float[Tensor, ""]:
        n_rows, n_outputs = outputs.shape
        squares = (outputs[:, None] - outputs[None]).square().sum(2) / self.width**2
        same = torch.eye(n_rows, dtype=torch.bool, device=outputs.device)
        logs = (-squares / 2).masked_fill(same, -torch.inf)
        scale = math.log(max(n_rows - 1, 1)) + n_outputs * math.log(self.width * math.sqrt(2 * math.pi))
        entropy = scale - torch.logsumexp(logs, 1).mean()
        spread = outputs.var(0, correction=0) + 1e-6
        return entropy - spread.log().sum() / 2
