"""Batch normalisation over the rows of all processes that train together."""

from typing import Any, final

import torch
import torch.distributed as dist
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.modules.batchnorm import _BatchNorm

KINDS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


@final
class SynchronisedBatchNorm(_BatchNorm):
    """Batch normalisation whose mean and variance are those of the rows of all processes together.

    Use it where several processes share a batch, so that the network learns as one process with the whole
    batch would; `synchronise_batch_norm` puts it in place of every batch normalisation. It works on any
    device, with parts of unequal size, has the parameters and buffers of `nn.BatchNorm2d`, and is that layer
    in a single process and in evaluation.

        y = (x - m) / sqrt(v + eps) * weight + bias
        m = 1/N sum_r n_r m_r,  v = 1/N sum_r n_r (v_r + (m_r - m)^2)

    Args:
        num_features: channels, the second axis.
        eps: added to the variance.
        momentum: share of the new statistics in the running ones; None for their plain average.
        affine: whether weight and bias are learned.
        track_running_stats: whether running statistics are kept for evaluation.

    Example:
        >>> SynchronisedBatchNorm(3)(torch.zeros(2, 3, 4, 4)).shape
        torch.Size([2, 3, 4, 4])

    Source:
        Peng et al. (2018), "MegDet: A Large Mini-Batch Object Detector", arXiv:1711.07240; the merging of
        variances: Chan, Golub and LeVeque (1983), doi:10.1080/00031305.1983.10483115.
        Differs: each process counts by its number of rows.
    """

    def forward(self, x: Float[Tensor, "batch channels *axes"]) -> Float[Tensor, "batch channels *axes"]:
        if not (self.training and _has_company()):
            return super().forward(x)
        if x.dtype in (torch.float16, torch.bfloat16):
            return self.forward(x.float()).to(x.dtype)
        self._check_input_dim(x)
        count, mean, variance = _joint_statistics(x)
        self._track(mean, variance * (count / (count - 1)))
        normalised: Tensor = _Normalise.apply(x, self.weight, self.bias, mean, variance, count, self.eps)  # type: ignore[no-untyped-call]
        return normalised

    def _check_input_dim(self, input: Tensor) -> None:  # noqa: A002  (torch's name)
        if input.ndim < 2:
            raise ValueError(f"expected (batch, channels, ...), got {input.ndim} axes: {tuple(input.shape)}")

    def _track(self, mean: Tensor, variance: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        self.running_var.lerp_(variance.to(self.running_var.dtype), share)


def synchronise_batch_norm(network: nn.Module) -> int:
    """Turn every batch normalisation in the network into a `SynchronisedBatchNorm`, in place.

    Parameters, buffers, their names, hooks and the modules themselves stay the same objects; `desynchronise`
    turns them back. Layers of other classes, also those derived from batch normalisation, are left alone.

    Args:
        network: before or during training.

    Returns:
        How many layers were turned.

    Example:
        >>> network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
        >>> synchronise_batch_norm(network), type(network[1]).__name__
        (1, 'SynchronisedBatchNorm')
    """
    layers = [module for module in network.modules() if type(module) in KINDS]
    for layer in layers:
        layer.kind_before = KINDS.index(type(layer))  # type: ignore[assignment]
        layer.__class__ = SynchronisedBatchNorm
    return len(layers)


def desynchronise(network: nn.Module) -> None:
    """Turn the layers that `synchronise_batch_norm` turned back into what they were, in place.

    Args:
        network: of which layers were turned.

    Example:
        >>> network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
        >>> _ = synchronise_batch_norm(network)
        >>> desynchronise(network)
        >>> type(network[1]).__name__
        'BatchNorm1d'
    """
    for module in network.modules():
        if isinstance(module, SynchronisedBatchNorm) and "kind_before" in vars(module):
            kind = KINDS[vars(module).pop("kind_before")]
            module.__class__ = kind  # type: ignore[assignment]


class _Normalise(torch.autograd.Function):
    """Normalise by joint statistics; backward through them too, with one message of two sums per channel."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        mean: Tensor,
        variance: Tensor,
        count: Tensor,
        eps: float,
    ) -> Tensor:
        mean, variance = mean.to(x.dtype), variance.to(x.dtype)
        ctx.save_for_backward(x, weight, mean, variance, count)
        ctx.eps = eps
        return F.batch_norm(x, mean, variance, weight, bias, eps=eps)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mean, variance, count = ctx.saved_tensors
        direct, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
            gradient, x, weight, mean, variance, None, None, train=False, eps=ctx.eps, output_mask=[True] * 3
        )  # as if mean and variance were constants
        sums = torch.stack([of_weight, of_bias]).double()
        dist.all_reduce(sums)
        scale = torch.rsqrt(variance.double() + ctx.eps)
        by_variance, by_mean = sums * scale * (1 if weight is None else weight) / count
        through = (x - _along(mean, x)) * _along(by_variance * scale, x) + _along(by_mean, x)
        return (
            direct - through,
            *(
                part if needed else None
                for part, needed in zip((of_weight, of_bias), ctx.needs_input_grad[1:3], strict=True)
            ),
            None,
            None,
            None,
            None,
        )


def _joint_statistics(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return how many values a channel has in all processes, their mean and their variance, in float64."""
    variance, mean = torch.var_mean(x.detach(), [0, *range(2, x.ndim)], correction=0)
    count = torch.full_like(mean[:1], x.numel() // x.shape[1], dtype=torch.float64)
    mine = torch.cat([count, mean.double(), variance.double()])
    everyone = [torch.empty_like(mine) for _ in range(dist.get_world_size())]
    dist.all_gather(everyone, mine)
    counts, means, variances = torch.stack(everyone).split_with_sizes([1, len(mean), len(mean)], dim=1)
    shares = counts / counts.sum()
    joint = (shares * means).sum(0)
    return counts.sum(), joint, (shares * (variances + (means - joint).square())).sum(0)


def _along(values: Tensor, x: Tensor) -> Tensor:
    """Return one value per channel in the shape and type in which it meets x."""
    return values.to(x.dtype).view(1, -1, *[1] * (x.ndim - 2))


def _has_company() -> bool:
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1
