"""Normalisation by hand: torch's kernels, with the running statistics that its layers keep."""

from typing import final

import torch
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.training.stack.step import Site, Step, collect

TRAINING = True
BATCH_BACKWARD = torch.ops.aten.native_batch_norm_backward.default
LAYER_BACKWARD = torch.ops.aten.native_layer_norm_backward.default


@final
class BatchNormStep(Step):
    """Normalises each unit over the batch, and follows its mean and variance.

    Args:
        layer: the layer.
        site: where it stands.

    Raises:
        InputError: when a batch has one row, which has no variance.

    Source:
        Ioffe and Szegedy (2015), "Batch Normalization: Accelerating Deep Network Training by Reducing
        Internal Covariate Shift", arXiv:1502.03167.
    """

    x: Tensor
    batch: list[Tensor]

    def __init__(self, layer: nn.BatchNorm1d, site: Site) -> None:
        if site.arena.rows < 2:
            raise InputError(
                "a batch that meets batch normalisation must have 2 rows or more",
                str(site.arena.rows),
                "choose another batch_size",
            )
        self.momentum, self.eps = layer.momentum, layer.eps
        self.weight, self.weight_gradient = site.optional(layer.weight)
        self.bias, self.bias_gradient = site.optional(layer.bias)
        affine = self.weight is not None
        self.wanted = [not site.first, affine, affine]
        tracks = layer.track_running_stats
        self.mean = layer.running_mean if tracks else None
        self.variance = layer.running_var if tracks else None
        self.batches = layer.num_batches_tracked if tracks else None

    def forward(self, x: Tensor) -> Tensor:
        self.x = x
        y, *self.batch = torch.native_batch_norm(
            x, self.weight, self.bias, self.mean, self.variance, TRAINING, self._momentum(), self.eps
        )
        return y

    def backward(self, gradient: Tensor, add: bool) -> Tensor:
        below, weight, bias = BATCH_BACKWARD(
            gradient,
            self.x,
            self.weight,
            self.mean,
            self.variance,
            *self.batch,
            TRAINING,
            self.eps,
            self.wanted,
        )
        collect(self.weight_gradient, weight, add)
        collect(self.bias_gradient, bias, add)
        return below if self.wanted[0] else gradient

    def _momentum(self) -> float:
        """The weight of this batch in the running statistics: without a momentum, their plain mean."""
        if self.batches is None:
            return self.momentum or 0.0
        self.batches.add_(1)
        return 1.0 / float(self.batches) if self.momentum is None else self.momentum


@final
class LayerNormStep(Step):
    """Normalises each row over its units.

    Args:
        layer: the layer.
        site: where it stands.

    Source:
        Ba, Kiros and Hinton (2016), "Layer Normalization", arXiv:1607.06450.
    """

    x: Tensor
    row: list[Tensor]

    def __init__(self, layer: nn.LayerNorm, site: Site) -> None:
        self.shape, self.eps = list(layer.normalized_shape), layer.eps
        self.weight, self.weight_gradient = site.optional(layer.weight)
        self.bias, self.bias_gradient = site.optional(layer.bias)
        self.wanted = [not site.first, self.weight is not None, self.bias is not None]

    def forward(self, x: Tensor) -> Tensor:
        self.x = x
        y, *self.row = torch.native_layer_norm(x, self.shape, self.weight, self.bias, self.eps)
        return y

    def backward(self, gradient: Tensor, add: bool) -> Tensor:
        below, weight, bias = LAYER_BACKWARD(
            gradient, self.x, self.shape, *self.row, self.weight, self.bias, self.wanted
        )
        collect(self.weight_gradient, weight, add)
        collect(self.bias_gradient, bias, add)
        return below if self.wanted[0] else gradient
