"""Binary information gain: what is learned of a row by looking at its outputs, all of them yes or no."""

from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


@final
class BinaryInformationGain(nn.Module):
    """Minus the information, in bits, that binary outputs give about which row they belong to.

    Use it to find groups without labels: each output is driven to be sure of every row, yes or no, and all
    codes to be met equally often. k outputs tell up to 2^k groups apart.

        gain = H(mean_i p_i) - mean_i H(p_i),   p_i over the 2^k codes, outputs independent given the row
        with one output: H the binary entropy of sigmoid(y)

    Batches should hold some dozens of rows for each code.

    Example:
        >>> sure = torch.tensor([[-20.0], [20.0]])
        >>> BinaryInformationGain()(sure).round(decimals=3)
        tensor(-1.)

    Source:
        Klapper-Rybicka, Schraudolph and Schmidhuber (2001), "Unsupervised Learning in LSTM Recurrent Neural
        Networks", doi:10.1007/3-540-44668-0_95; the objective: Schraudolph and Sejnowski (1993),
        "Unsupervised Discrimination of Clustered Data via Optimization of Binary Information Gain", NIPS 5.
        Differs: what is expected of an output is its mean over the batch, and several outputs are taken
        together as one code, so that they do not tell the same.
    """

    def __init__(self) -> None:
        super().__init__()

    def forward(self, outputs: Float[Tensor, "batch outputs"]) -> Float[Tensor, ""]:
        codes = torch.arange(2 ** outputs.shape[1], device=outputs.device)
        bits = codes[:, None] >> torch.arange(outputs.shape[1], device=outputs.device) & 1
        yes, no = F.logsigmoid(outputs)[:, None], F.logsigmoid(-outputs)[:, None]
        logs = torch.where(bits.bool(), yes, no).sum(2)  # (batch, codes)
        mean_log = torch.logsumexp(logs, 0) - torch.log(torch.full_like(logs[0, 0], outputs.shape[0]))
        before = -(mean_log.exp() * mean_log).sum()
        after = -(logs.exp() * logs).sum(1).mean()
        return (after - before) / 0.6931471805599453
