"""Cells one above the other, as recurrent networks of equal widths have them."""

from collections.abc import Callable

from torch import Tensor

from netwright.core.errors import InputError
from netwright.layers import Cell

CellMaker = Callable[[int, int], Cell]
"""(features in, features out) -> cell: a class such as `layers.GRUCell`, or a function that sets more."""

State = tuple[Tensor, ...]
"""Of one cell."""


def stack_cells(cell: CellMaker, n_features: int, hidden: int, depth: int, directions: int = 1) -> list[Cell]:
    """The cells of `layers.Recurrent` for one direction, from the bottom.

    Use it in a network of your own.

    Args:
        cell: (features in, features out) -> cell.
        n_features: that the lowest cell reads.
        hidden: features of each cell.
        depth: cells.
        directions: 2 where a layer reads both directions' outputs of the layer below.

    Raises:
        InputError: when depth is below 1.

    Example:
        >>> from netwright.layers import GRUCell
        >>> [(one.input_size, one.hidden_size) for one in stack_cells(GRUCell, 3, 8, depth=2, directions=2)]
        [(3, 8), (16, 8)]
    """
    if depth < 1:
        raise InputError("depth must be at least 1", str(depth), "1 is one recurrent layer")
    return [cell(n_features if number == 0 else directions * hidden, hidden) for number in range(depth)]
