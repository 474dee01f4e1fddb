"""Which layers a stack knows: what they make of the width, and the steps that do their work."""

from typing import Any

from torch import nn

from netwright.layers import ColumnsSideBySide
from netwright.layers.ensemble.side_by_side import MemberLinear, MemberOutputs
from netwright.training.stack.activation import InputBend, OutputBend, bend_of
from netwright.training.stack.columns import ColumnsStep, column_widths
from netwright.training.stack.dropout import AlphaDropoutStep, DropoutStep
from netwright.training.stack.linear import LinearStep
from netwright.training.stack.members import MemberLinearStep, MemberOutputsStep
from netwright.training.stack.normalisation import BatchNormStep, LayerNormStep
from netwright.training.stack.step import Site, Step

STEPS: dict[type[nn.Module], Any] = {
    nn.Linear: LinearStep,
    nn.Dropout: DropoutStep,
    nn.AlphaDropout: AlphaDropoutStep,
    nn.BatchNorm1d: BatchNormStep,
    nn.LayerNorm: LayerNormStep,
    ColumnsSideBySide: ColumnsStep,
    MemberLinear: MemberLinearStep,
    MemberOutputs: MemberOutputsStep,
}


def widths(layer: nn.Module) -> tuple[int | None, int | None] | None:
    """Return how many numbers a layer takes and gives for each row, or None for a layer that is not known.

    Either is None where any number will do: the layer gives as many as it takes.

    Args:
        layer: any module.

    Example:
        >>> widths(nn.Linear(3, 2)), widths(nn.ReLU()), widths(nn.Conv1d(1, 1, 3))
        ((3, 2), (None, None), None)
    """
    if type(layer) is nn.Linear:
        return layer.in_features, layer.out_features
    if type(layer) is nn.BatchNorm1d:
        return layer.num_features, layer.num_features
    if type(layer) is nn.LayerNorm:
        units = layer.normalized_shape[-1]
        return (units, units) if len(layer.normalized_shape) == 1 else None
    if type(layer) is MemberLinear:
        members, n_inputs, n_outputs = layer.weight.shape
        return n_inputs * (1 if layer.shared else members), n_outputs * members
    if type(layer) is ColumnsSideBySide:
        return column_widths(layer)
    known = type(layer) in STEPS or bend_of(layer) is not None
    return (None, None) if known else None


def idle(layer: nn.Module) -> bool:
    """Say whether a layer gives back the rows of a matrix as they came.

    Args:
        layer: any module.

    Example:
        >>> idle(nn.Identity()), idle(nn.Dropout(0.0)), idle(nn.ReLU())
        (True, True, False)
    """
    if type(layer) in (nn.Dropout, nn.AlphaDropout):
        return bool(layer.p == 0)
    return type(layer) is nn.Identity or flattens(layer)


def flattens(layer: nn.Module) -> bool:
    """Say whether a layer makes one row of numbers of whatever stands in a row.

    Args:
        layer: any module.

    Example:
        >>> flattens(nn.Flatten()), flattens(nn.Flatten(2))
        (True, False)
    """
    return type(layer) is nn.Flatten and (layer.start_dim, layer.end_dim) == (1, -1)


def make_step(layer: nn.Module, site: Site) -> Step:
    """Return the step that does a layer's work.

    Args:
        layer: one that `widths` knows.
        site: where it stands.
    """
    bend = bend_of(layer)
    if bend is not None:
        return OutputBend(bend, site) if bend.by_output else InputBend(bend, site)
    step: Step = STEPS[type(layer)](layer, site)
    return step
