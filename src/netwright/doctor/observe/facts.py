"""The facts of a run as plain records: who learned from what, how its loss went, how it was evaluated."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer

from netwright.doctor.observe.places import Line
from netwright.doctor.observe.tape import Tape

MOST_SCORES = 16
"""Calls of scores that are kept, the last ones."""


@dataclass
class History:
    """One value for each step of an optimizer.

    Args:
        loss: what was differentiated, summed over the backward passes of the step.
        learning_rate: of the first group.
        training: whether the network that was called was in training mode; None without a network.
        seconds: since the watch began.
        epoch: times that the training loader had been started, from 0.
        gradient: norm of all gradients, NaN at steps where it was not measured.
        backwards: backward passes of the step.
        loader: number, among the loaders of the run, of the one whose batch came last; -1 without.
    """

    loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    training: list[bool | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    epoch: list[int] = field(default_factory=list)
    gradient: list[float] = field(default_factory=list)
    backwards: list[int] = field(default_factory=list)
    loader: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.loss)


@dataclass
class EvaluationCall:
    """One call of a network that nothing was learned from.

    Args:
        module: the network.
        inputs: tensors that entered.
        output: the first tensor of the answer.
        others: tensors that met the answer afterwards, such as targets, those that are of one length with it.
        training: the mode of the network.
        gradients: whether autograd was on.
        batch: tensors of the loader's last batch.
        line: of the user's code.
        first: a number for the first row that entered, which equal rows share; None without rows.
        slips: what was done with the answer that measures something else than it seems, by name.
    """

    module: nn.Module
    inputs: tuple[Tensor, ...]
    output: Tensor
    others: list[Tensor] = field(default_factory=list)
    training: bool = False
    gradients: bool = False
    batch: tuple[Tensor, ...] = ()
    line: Line | None = None
    first: int | None = None
    slips: dict[str, Any] = field(default_factory=dict)


@dataclass
class Evaluation:
    """Calls in a row without a step of any optimizer in between.

    Args:
        step: steps of all optimizers before it.
        calls: in order; of passes in the middle of a long run the inputs are left out.
        rows: of all calls.
    """

    step: int
    calls: list[EvaluationCall] = field(default_factory=list)
    rows: int = 0


@dataclass
class Loader:
    """A DataLoader that was gone through.

    Args:
        loader: itself.
        line: where it was first started.
        starts: how often.
        batches: tensors of its first batches, up to the most rows that are kept.
        first_rows: of each start, the tensors of the first batch.
        waited: seconds in which the script waited for it.
        trained: whether steps were taken on its batches.
        n_batches: that it gave in all.
    """

    loader: Any
    line: Line | None = None
    starts: int = 0
    batches: list[tuple[Tensor, ...]] = field(default_factory=list)
    first_rows: list[tuple[Tensor, ...]] = field(default_factory=list)
    waited: float = 0.0
    trained: bool = False
    n_batches: int = 0


@dataclass
class OptimizerFacts:
    """How an optimizer was set when it took its first step.

    Args:
        optimizer: itself.
        groups: its settings without the parameters.
        line: where it was made.
        step_line: where it takes its steps.
    """

    optimizer: Optimizer
    groups: list[dict[str, Any]]
    line: Line | None = None
    step_line: Line | None = None


def parameters_of(optimizer: Optimizer) -> list[Tensor]:
    """Return all tensors that an optimizer moves.

    Args:
        optimizer: of torch.

    Example:
        >>> import torch
        >>> len(parameters_of(torch.optim.SGD(nn.Linear(2, 1).parameters(), lr=0.1)))
        2
    """
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


@dataclass
class Trainee:
    """What one optimizer trains.

    Args:
        optimizer: facts of it; None where the script moves its weights by hand.
        tapes: of the first steps, and of some later ones.
        history: of all steps.
        loader: whose batches it learns from.
        uncleared: steps, of those looked at, at whose beginning the gradients of the step before still stood.
        looked: steps at which that was looked at.
        clip: largest norm to which gradients were cut, None without.
        empty_steps: steps at which no parameter had a gradient that is not zero.
        moved: (weight, its values after the first step) of some, where the script moves them by hand.
    """

    optimizer: OptimizerFacts | None
    tapes: list[Tape] = field(default_factory=list)
    history: History = field(default_factory=History)
    loader: Loader | None = None
    uncleared: int = 0
    looked: int = 0
    clip: float | None = None
    empty_steps: int = 0
    moved: list[tuple[Tensor, Tensor]] = field(default_factory=list)


@dataclass(frozen=True)
class Failure:
    """A function of torch that raised.

    Args:
        name: of the function.
        args: as given.
        kwargs: as given.
        message: of the error.
        line: of the user's code.
    """

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    message: str
    line: Line | None


@dataclass(frozen=True)
class ScoreCall:
    """A score of scikit-learn that was computed.

    Args:
        name: of the score.
        truth: that it was given, a copy.
        said: what was foretold, alike.
        line: of the user's code.
    """

    name: str
    truth: NDArray[np.generic]
    said: NDArray[np.generic]
    line: Line | None


@dataclass
class Facts:
    """All that was seen of one run.

    Args:
        trainees: in the order of their first steps.
        evaluations: passes, in order.
        loaders: in the order of their first start.
        initial: id of a network -> (network, its copy before the first step).
        initial_weights: id of a tensor that learns by itself -> (tensor, its copy before the first step).
        names: id of a network -> the name of a variable that holds it.
        unstepped: backward passes since the last step of an optimizer, or ever.
        n_optimizers: that were made.
        idle: (optimizer, line where it was made) of those that never took a step.
        n_backwards: backward passes in all.
        cut_losses: lines where a loss was differentiated that nothing leads to.
        failure: the last function of torch that raised, None where none did.
        lines: "backward" -> the first line where a loss was differentiated.
        seconds: that the run took.
        crash: the error that ended the script, "" where none did.
        gave_up: the watcher's own error after which nothing more was seen, "" without.
        stop: why the doctor ended the run, "" where it did not.
        floored: tensors that were divided without a remainder, with what came out.
        taken: where a tensor's values lie in memory -> the tensor from which they were taken by an index.
        scores: of scikit-learn, the last ones that were computed.
    """

    trainees: list[Trainee] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)
    loaders: list[Loader] = field(default_factory=list)
    initial: dict[int, tuple[nn.Module, nn.Module]] = field(default_factory=dict)
    initial_weights: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    unstepped: int = 0
    n_optimizers: int = 0
    idle: list[tuple[Optimizer, Line | None]] = field(default_factory=list)
    n_backwards: int = 0
    cut_losses: list[Line | None] = field(default_factory=list)
    failure: Failure | None = None
    lines: dict[str, Line] = field(default_factory=dict)
    seconds: float = 0.0
    stop: str = ""
    crash: str = ""
    gave_up: str = ""
    floored: list[tuple[Tensor, Tensor]] = field(default_factory=list)
    taken: dict[int, Tensor] = field(default_factory=dict)
    scores: deque[ScoreCall] = field(default_factory=lambda: deque(maxlen=MOST_SCORES))
