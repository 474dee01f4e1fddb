"""Which unit of a recurrent network tracks what: correlations with concepts, and what moves a unit most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netwright.core.errors import InputError


@final
@dataclass(frozen=True, eq=False)
class UnitConcepts:
    """How far each unit follows each concept.

    Args:
        correlation: (units, concepts) Pearson's r, from -1 to 1; 0 where a unit or a concept never moves.
        concepts: their names.

    Example:
        >>> UnitConcepts(np.array([[0.2], [-0.9]]), ("depth",)).best("depth")
        [(1, -0.9), (0, 0.2)]
    """

    correlation: NDArray[np.float64]
    concepts: tuple[str, ...]

    def best(self, concept: str, n_units: int = 5) -> list[tuple[int, float]]:
        """Return the units that follow a concept most, up or down, with their r.

        Args:
            concept: its name.
            n_units: how many.

        Raises:
            InputError: when no concept has this name.
        """
        if concept not in self.concepts:
            mend = f"choose from {', '.join(self.concepts)}"
            raise InputError("concept must be one that was given", repr(concept), mend)
        column = self.correlation[:, self.concepts.index(concept)]
        order = np.argsort(-np.abs(column), kind="stable")[:n_units]
        return [(int(unit), float(column[unit])) for unit in order]


def unit_concepts(states: Tensor, concepts: Mapping[str, Any], mask: Any = None) -> UnitConcepts:
    """Return how far each unit of a recurrent layer goes up and down with each of some concepts.

    Use it to find the cell that counts brackets, knows that it is within quotes, follows the season of a
    series, or the length of a line. A unit that follows a concept need not be what the network uses it for:
    silence the unit to know.

        r_uk = cov(state_u, concept_k) / (sd(state_u) sd(concept_k))   over all real steps of all rows

    Args:
        states: (rows, time, units), as `recurrent_states` gives them.
        concepts: by name, (rows, time) numbers, or truths for what holds or does not.
        mask: (rows, time), True where a step is real; None for everywhere.

    Raises:
        InputError: when shapes do not fit, there is no concept, or there are fewer than two real steps.

    Example:
        >>> depth = torch.tensor([[1.0, 2.0, 1.0, 0.0]])
        >>> states = torch.stack([torch.zeros(1, 4), 3 - depth], 2)
        >>> ((unit, r),) = unit_concepts(states, {"depth": depth}).best("depth", 1)
        >>> unit, round(r, 6)
        (1, -1.0)

    Source:
        Karpathy, Johnson and Li (2015), "Visualizing and Understanding Recurrent Networks", arXiv:1506.02078;
        Galstyan and Khachatrian (2017), "Interpreting neurons in an LSTM network", YerevaNN,
        https://yerevann.github.io/2017/06/27/interpreting-neurons-in-an-LSTM-network/.
        Differs: they look at units one by one, and compare histograms; here a number ranks all of them.
    """
    rows, real = _steps(states, mask)
    if not concepts:
        raise InputError("concepts must have one or more", "none", "give numbers for each step, by name")
    columns = [_column(name, given, states, real) for name, given in concepts.items()]
    return UnitConcepts(_correlations(rows[real], np.stack(columns, 1)), tuple(concepts))


@final
@dataclass(frozen=True)
class Stimulus:
    """A step at which a unit was far up or down, with what stood around it.

    Args:
        row: of the batch.
        step: from 0.
        value: of the unit, behind this step.
        before: tokens before the step.
        at: the token that was read at it.
        after: tokens behind it.

    Example:
        >>> print(Stimulus(0, 2, 0.9, ("a", "b"), "(", ("c",)))
        +0.900  a b [(] c
    """

    row: int
    step: int
    value: float
    before: tuple[str, ...]
    at: str
    after: tuple[str, ...]

    def __str__(self) -> str:
        around = " ".join([*self.before, f"[{self.at}]", *self.after])
        return f"{self.value:+.3f}  {around}"


def top_stimuli(
    states: Tensor,
    unit: int,
    tokens: Sequence[Sequence[Any]],
    *,
    n_stimuli: int = 10,
    context: int = 5,
    lowest: bool = False,
) -> list[Stimulus]:
    """Return the steps at which a unit is farthest up, each with what it read there and around it.

    Use it to guess what a unit stands for, before you test the guess with `unit_concepts`.

    Args:
        states: (rows, time, units), as `recurrent_states` gives them.
        unit: its number.
        tokens: of each row what was read at each step; as many as the row has real steps, from the first on.
        n_stimuli: steps at most.
        context: tokens shown on either side.
        lowest: whether to look for where the unit is farthest down.

    Raises:
        InputError: when there is no such unit, or tokens are more than steps.

    Example:
        >>> states = torch.tensor([[[0.1], [0.9], [0.2]]])
        >>> print(*top_stimuli(states, 0, ["a(b"], n_stimuli=1))
        +0.900  a [(] b
    """
    values, _ = _steps(states, None)
    n_rows, n_steps, n_units = values.shape
    lengths = np.array([len(row) for row in tokens])
    if len(tokens) != n_rows or (lengths > n_steps).any():
        came = f"{len(tokens)} rows of up to {lengths.max(initial=0)}"
        mend = "give each row's tokens, one a step"
        raise InputError(f"tokens must be {n_rows} rows of up to {n_steps}", came, mend)
    if not 0 <= unit < n_units:
        raise InputError(f"unit must be from 0 to {n_units - 1}", str(unit), "count units from 0")
    height = values[..., unit] * (-1 if lowest else 1)
    height = np.where(np.arange(n_steps) < lengths[:, None], height, -np.inf)
    order = np.argsort(-height, axis=None, kind="stable")[: min(n_stimuli, int(lengths.sum()))]
    found = []
    for row, step in zip(*np.unravel_index(order, height.shape), strict=True):
        said = [str(one) for one in tokens[int(row)]]
        before = tuple(said[max(0, step - context) : step])
        after = tuple(said[step + 1 : step + 1 + context])
        value = float(values[row, step, unit])
        found.append(Stimulus(int(row), int(step), value, before, said[int(step)], after))
    return found


def _steps(states: Tensor, mask: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    rows = torch.as_tensor(states).detach().cpu().double().numpy()
    if rows.ndim != 3:  # rows, time, units
        raise InputError("states must be (rows, time, units)", str(rows.shape), "take recurrent_states")
    real = np.ones(rows.shape[:2], bool) if mask is None else np.asarray(torch.as_tensor(mask).cpu(), bool)
    if real.shape != rows.shape[:2] or real.sum() < 2:
        came = f"{real.shape} with {int(real.sum())} real steps"
        raise InputError(f"mask must be {rows.shape[:2]} with two real steps", came, "True is a real step")
    return rows, real


def _column(name: str, given: Any, states: Tensor, real: NDArray[np.bool_]) -> NDArray[np.float64]:
    column = np.asarray(given.cpu() if isinstance(given, Tensor) else given, dtype=np.float64)
    if column.shape != real.shape:
        came = f"{column.shape} for {tuple(states.shape)}"
        raise InputError(f"concept {name!r} must be (rows, time)", came, "give one number for each step")
    if not np.isfinite(column[real]).all():
        raise InputError(f"concept {name!r} must be numbers", "gaps", "leave steps out by the mask")
    return column[real]


def _correlations(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    first, second = one - one.mean(0), other - other.mean(0)
    sizes = np.linalg.norm(first, axis=0)[:, None] * np.linalg.norm(second, axis=0)[None]
    found: NDArray[np.float64] = np.clip((first.T @ second) / np.where(sizes > 0, sizes, 1), -1, 1)
    return found
