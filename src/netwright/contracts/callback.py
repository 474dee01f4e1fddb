"""The contract of callbacks: one run leaves no trace on the next, and one that broke off goes on."""

import copy
import math
import pickle
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor, nn

from netwright.contracts.claims import claim, name_of, untouched_streams
from netwright.core.seeding import isolated_seed
from netwright.core.state import copy_state, read_state, write_state
from netwright.training import (
    Callback,
    Checkpoint,
    EarlyStopping,
    Record,
    Supervised,
    TensorSamples,
    Training,
)
from netwright.training.callbacks.checkpoint import LAST
from netwright.training.run import Run

EPOCHS, STEPS = 4, 3
"""Of the runs that are compared."""


def check_callback(callback: Callback) -> None:
    """Claim that a callback serves any number of runs, each as if it were the first.

    Use it in the tests of a callback of your own. On a small network with two classes and validation rows it
    checks that all values in the record are finite numbers; that no global random stream and no signal
    handler is left changed; that its own settings stay; that a second run, also after one that failed in the
    middle, gives the same weights and the same record; and that it can be copied and pickled afterwards, as
    the estimator that holds it must. Its `state` must be plain values and tensors that a checkpoint carries,
    and a run that crashed, in the middle of an epoch or between two, must go on from its checkpoint to the
    weights and the record of a run that did not, bit for bit; so must one that had come to its end.

    Args:
        callback: under test.

    Raises:
        AssertionError: in one sentence that names the callback and what broke.

    Example:
        >>> from netwright.training import EarlyStopping
        >>> check_callback(EarlyStopping(patience=2))
    """
    settings, handler = _settings(callback), signal.getsignal(signal.SIGINT)
    with untouched_streams(callback, "a run"):
        first = _run(callback)
    changed = [name for name, value in _settings(callback).items() if value is not settings[name]]
    claim(
        not changed, callback, f"changes its own setting {', '.join(changed)}; keep state under another name"
    )
    for epoch in first[0].epochs:
        odd = [name for name, value in epoch.items() if not _is_number(value)]
        claim(not odd, callback, f"records what is no finite number: {', '.join(odd)}")
    _claim_same(callback, first, _run(callback), "after another one")
    _run(callback, _Failure())
    claim(signal.getsignal(signal.SIGINT) == handler, callback, "leaves its signal handler behind in on_end")
    _claim_same(callback, first, _run(callback), "after one that failed")
    _claim_carried(callback)
    _claim_resumed(callback, first)


@final
class _Failure(Callback):
    """Ends the second epoch with an error."""

    def on_epoch_end(self, run: Run) -> None:
        if run.epoch == 2:
            raise ArithmeticError


@final
class _Crash(Callback):
    """Ends the run like a power cut, at the end of an epoch or of a step; before that, it looks at a state.

    Args:
        watched: whose state must come back from a file as it was.
        epoch: at the end of which the run is kept and ends; 0 for none.
        step: at the end of which the run ends; 0 for none.
        folder: where to.
    """

    def __init__(self, watched: Callback, folder: Path, epoch: int = 0, step: int = 0) -> None:
        self.watched, self.folder, self.epoch, self.step = watched, folder, epoch, step

    def on_step_end(self, run: Run) -> None:
        _claim_plain(self.watched, self.folder)
        if run.n_steps == self.step:
            raise ArithmeticError

    def on_epoch_end(self, run: Run) -> None:
        _claim_plain(self.watched, self.folder)
        if run.epoch == self.epoch:
            write_state(self.folder / LAST, run.state())
            raise ArithmeticError


@final
class _CrashMeasuring(Callback):
    """Ends the third epoch when all its steps are done and validated."""

    def on_measure(self, run: Run) -> None:
        if run.epoch == EPOCHS - 1:
            raise ArithmeticError


def _run(callback: Callback, *others: Callback) -> tuple[Record, Tensor]:
    generator = torch.Generator().manual_seed(0)
    samples, validation = (
        TensorSamples(torch.randn(rows, 2, generator=generator), torch.arange(rows) % 2 * 1.0)
        for rows in (8 * STEPS, 8)
    )
    with isolated_seed(0):
        linear = nn.Linear(2, 1)
    network = nn.Sequential(linear, nn.Flatten(0), nn.Sigmoid())
    callbacks = [callback, *others]
    if not any(isinstance(one, EarlyStopping) for one in callbacks):
        callbacks.insert(
            1, EarlyStopping(patience=None, restore_best=False)
        )  # the default would hide the last weights
    training = Training(epochs=EPOCHS, batch_size=8, learning_rate=0.1, callbacks=callbacks)
    try:
        record = training.run(network, Supervised(nn.BCELoss()), samples, validation)
    except ArithmeticError:
        record = Record()
    return record, nn.utils.parameters_to_vector(network.parameters()).detach().clone()


def _settings(callback: Callback) -> dict[str, Any]:
    declared = getattr(type(callback), "__dataclass_fields__", {})
    return {name: getattr(callback, name) for name, field in declared.items() if field.init}


def _claim_same(callback: Callback, first: Any, then: Any, when: str) -> None:
    told = [
        (
            [{name: value for name, value in epoch.items() if name != "seconds"} for epoch in record.epochs],
            record.stopped,
            record.best_epoch,
        )
        for record, _ in (first, then)
    ]
    claim(told[0] == told[1], callback, f"gives another record in a run {when}; reset its state in on_start")
    same = torch.equal(first[1], then[1])
    claim(same, callback, f"gives other weights in a run {when}; reset its state in on_start")


def _claim_carried(callback: Callback) -> None:
    try:
        copy.deepcopy(callback)
        pickle.loads(pickle.dumps(callback))  # noqa: S301
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        name = name_of(callback)
        raise AssertionError(
            f"{name} cannot be copied and pickled after a run; drop what it opened in on_end: {error}"
        ) from error


def _claim_resumed(callback: Callback, whole: tuple[Record, Tensor]) -> None:
    if isinstance(callback, Checkpoint):
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        every_step, again = Checkpoint(folder, steps=1), Checkpoint(folder, steps=1, resume=True)
        ends: Sequence[tuple[str, Sequence[Callback]]] = [
            ("in an epoch", [_Crash(callback, folder, step=STEPS + 2), every_step]),
            ("before validation", [_CrashMeasuring(), every_step]),
            ("between epochs", [_Crash(callback, folder, epoch=EPOCHS - 1)]),
            ("after its end", [every_step]),
        ]
        for when, others in ends:
            _run(callback, *others)
            then = f"after breaking off {when}; give what a resumed run must know by state()"
            resumed = _run(copy.deepcopy(callback), again)
            claim(whole[0] == resumed[0], callback, f"gives another record {then}")
            claim(torch.equal(whole[1], resumed[1]), callback, f"gives other weights {then}")


def _claim_plain(callback: Callback, folder: Path) -> None:
    """Claim that what `state` gives comes back from a file as it went there."""
    given = copy_state(callback.state())
    try:
        write_state(folder / "state", given)
    except TypeError as error:
        raise AssertionError(
            f"{name_of(callback)} has a state that no checkpoint carries: {error}"
        ) from error
    claim(_same(given, read_state(folder / "state")), callback, "has a state that a file changes")


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.dtype == other.dtype and torch.equal(one.nan_to_num(), other.nan_to_num())
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other or (one != one and other != other))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)
