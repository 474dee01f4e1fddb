"""How far wavelet coefficients are shrunk: the universal threshold, Stein's and Bayes's."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def universal_threshold(
    details: Float[Tensor, "*batch n"],  # noqa: ARG001
    noise: Float[Tensor, "*batch"],
    n_steps: int,
) -> Float[Tensor, "*batch"]:
    """Threshold above which noise alone hardly ever comes: VisuShrink.

    Use it where no trace of noise may be left, at the price of some of the signal.

        t = sigma sqrt(2 log n)

    Args:
        details: of one scale.
        noise: its standard deviation.
        n_steps: of the series.

    Example:
        >>> universal_threshold(torch.zeros(1, 8), torch.ones(1), 1024).round(decimals=3)
        tensor([3.7230])

    Source:
        Donoho and Johnstone (1994), "Ideal spatial adaptation by wavelet shrinkage",
        doi:10.1093/biomet/81.3.425.
    """
    return noise * math.sqrt(2 * math.log(max(n_steps, 2)))


def sure_threshold(
    details: Float[Tensor, "*batch n"],
    noise: Float[Tensor, "*batch"],
    n_steps: int,  # noqa: ARG001
) -> Float[Tensor, "*batch"]:
    """Threshold that makes Stein's unbiased estimate of the error smallest, scale by scale: SureShrink.

    Use it with soft thresholds, for signals that are smooth here and rough there. Where hardly anything
    stands out of the noise, the universal threshold takes its place, as Stein's estimate is unsure there.

        risk(t) = n - 2 #{|d| <= t} + sum_i min(|d_i|, t)^2,   d in units of sigma
        t the best of 0 and all |d_i|, at most the universal one
        universal where sum_i (d_i^2 - 1) / n <= log2(n)^(3/2) / sqrt(n)

    Args:
        details: of one scale.
        noise: its standard deviation.
        n_steps: of the series.

    Example:
        >>> sure_threshold(torch.full((1, 8), 100.0), torch.ones(1), 1024)  # signal alone: it stays
        tensor([0.])

    Source:
        Donoho and Johnstone (1995), "Adapting to Unknown Smoothness via Wavelet Shrinkage",
        doi:10.1080/01621459.1995.10476626.
    """
    n = details.shape[-1]
    units = noise.clamp_min(torch.finfo(noise.dtype).tiny).unsqueeze(-1)
    sizes = (details / units).abs().sort(-1).values
    squares = sizes.square()
    rank = torch.arange(1, n + 1, dtype=sizes.dtype, device=sizes.device)
    risks = n - 2 * rank + squares.cumsum(-1) + (n - rank) * squares
    at_zero = torch.full_like(risks[..., :1], n)
    best = torch.cat([at_zero, risks], -1).argmin(-1, keepdim=True)
    found = torch.cat([torch.zeros_like(sizes[..., :1]), sizes], -1).gather(-1, best).squeeze(-1)
    universal = math.sqrt(2 * math.log(max(n, 2)))
    sparse = squares.mean(-1) - 1 <= math.log2(max(n, 2)) ** 1.5 / math.sqrt(n)
    return noise * torch.where(sparse, universal, found.clamp_max(universal))


def bayes_threshold(
    details: Float[Tensor, "*batch n"],
    noise: Float[Tensor, "*batch"],
    n_steps: int,  # noqa: ARG001
) -> Float[Tensor, "*batch"]:
    """Threshold nearly best for signals whose coefficients are spread as a peaked distribution: BayesShrink.

    Use it as the first choice: each scale has its own, small where the signal is strong.

        t = sigma^2 / sqrt(max(mean d^2 - sigma^2, 0))

    Args:
        details: of one scale.
        noise: its standard deviation.
        n_steps: of the series.

    Example:
        >>> bayes_threshold(torch.full((1, 8), 2.0), torch.ones(1), 1024).round(decimals=3)
        tensor([0.5770])

    Source:
        Chang, Yu and Vetterli (2000), "Adaptive Wavelet Thresholding for Image Denoising and Compression",
        doi:10.1109/83.862633.
    """
    variance = noise.square()
    signal = (details.square().mean(-1) - variance).clamp_min(torch.finfo(noise.dtype).eps)
    return variance / signal.sqrt()


def shrink(details: Tensor, thresholds: Tensor, *, hard: bool) -> Tensor:
    """Make small coefficients zero; without `hard` the others come nearer to zero by the threshold.

    Args:
        details: (..., numbers).
        thresholds: (...).
        hard: whether what is above the threshold stays as it is.

    Example:
        >>> shrink(torch.tensor([[0.5, -3.0]]), torch.ones(1), hard=False)
        tensor([[ 0., -2.]])
    """
    limits = thresholds.unsqueeze(-1)
    if hard:
        return torch.where(details.abs() > limits, details, 0.0)
    return details.sign() * (details.abs() - limits).clamp_min(0)
