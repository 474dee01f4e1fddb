"""The contract of callbacks: one run leaves no trace on the next."""

import copy
import math
import pickle
import signal
from typing import Any, final

import torch
from torch import Tensor, nn

from netwright.contracts.claims import claim, name_of, untouched_streams
from netwright.core.seeding import isolated_seed
from netwright.training import Callback, EarlyStopping, Record, Supervised, TensorSamples, Training
from netwright.training.run import Run


def check_callback(callback: Callback) -> None:
    """Claim that a callback serves any number of runs, each as if it were the first.

    Use it in the tests of a callback of your own. On a small network with two classes and validation rows it
    checks that all values in the record are finite numbers; that no global random stream and no signal
    handler is left changed; that its own settings stay; that a second run, also after one that failed in the
    middle, gives the same weights and the same record; and that it can be copied and pickled afterwards, as
    the estimator that holds it must.

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
    _run(callback, fails=True)
    claim(signal.getsignal(signal.SIGINT) == handler, callback, "leaves its signal handler behind in on_end")
    _claim_same(callback, first, _run(callback), "after one that failed")
    _claim_carried(callback)


@final
class _Failure(Callback):
    """Ends the second epoch with an error."""

    def on_epoch_end(self, run: Run) -> None:
        if run.epoch == 2:
            raise ArithmeticError


def _run(callback: Callback, *, fails: bool = False) -> tuple[Record, Tensor]:
    generator = torch.Generator().manual_seed(0)
    samples, validation = (
        TensorSamples(torch.randn(rows, 2, generator=generator), torch.arange(rows) % 2 * 1.0)
        for rows in (24, 8)
    )
    with isolated_seed(0):
        linear = nn.Linear(2, 1)
    network = nn.Sequential(linear, nn.Flatten(0), nn.Sigmoid())
    others: list[Callback] = [_Failure()] if fails else []
    if not isinstance(callback, EarlyStopping):
        others.append(
            EarlyStopping(patience=None, restore_best=False)
        )  # the default would hide the last weights
    training = Training(epochs=4, batch_size=8, learning_rate=0.1, callbacks=[callback, *others])
    try:
        record = training.run(network, Supervised(nn.BCELoss()), samples, validation)
    except ArithmeticError:
        record = Record()
    return record, linear.weight.detach().clone()


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


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)
