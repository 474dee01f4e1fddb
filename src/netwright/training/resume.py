"""The whole state of a run, so that it can go on elsewhere with the same bits."""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from netwright.core.errors import ModelError
from netwright.training.distribute import full_state, load_full_state
from netwright.training.randomness import restore_streams, streams_state
from netwright.training.regrouping import suited
from netwright.training.stack import without_compiler

if TYPE_CHECKING:
    from netwright.training.run import Run


def run_state(run: "Run") -> dict[str, Any]:
    """Return all that a run needs to go on from here; with several processes all of them must ask.

    Args:
        run: between two steps.
    """
    finished = bool(run.record.stopped) and not run.interrupted
    with without_compiler():
        optimizers = [optimizer.state_dict() for _, optimizer, _ in run.players]
    state = {
        "about": about(run),
        "finished": finished,
        "position": [run.epoch, run.step, run.n_steps, run.between, run.rate],
        "values": run.values,
        "tallies": run.world.gather_plain(run.tally.state()),
        "record": run.record.state(stopped=run.record.stopped if finished else ""),
        "network": run.network.state_dict(),
        "optimizers": optimizers,
        "schedules": [None if schedule is None else schedule.state_dict() for _, _, schedule in run.players],
        "callbacks": [[type(callback).__name__, callback.state()] for callback in run.callbacks],
        "generator": run.feed.generator.get_state() if run.between else run.feed.start,
        "streams": run.world.gather_plain(streams_state()),
    }
    return state if run.world.size == 1 else full_state(state)


def restore_run(run: "Run", state: dict[str, Any]) -> None:
    """Put a run, whose callbacks have started, where another one of the same call was.

    Args:
        run: fresh.
        state: as `run_state` gave it.

    Raises:
        ModelError: when the state is that of a run of another call.
    """
    check_same(state["about"], about(run))
    run.epoch, run.step, run.n_steps, run.between, run.rate = state["position"]
    run.values = state["values"]
    _restore_tally(run, state["tallies"])
    run.record.restore(state["record"])
    load_full_state(run.network, state["network"])
    for place, (_, optimizer, schedule) in enumerate(run.players):
        with without_compiler():
            load_full_state(optimizer, suited(state["optimizers"][place], optimizer))
        _lay_alike(optimizer)
        if schedule is not None:
            schedule.load_state_dict(state["schedules"][place])
    run.network.train()
    run.replan()
    _restore_callbacks(run, [(name, kept) for name, kept in state["callbacks"] if kept])
    run.feed.rewind(state["generator"])
    streams = state["streams"]
    restore_streams(streams[run.world.rank % len(streams)])


def _lay_alike(optimizer: Optimizer) -> None:
    """Lay what an optimizer keeps of a kernel in memory as the kernel lies, channels last perhaps.

    A file knows of no layout, and steps that are taken in one call go through the memory of both side by
    side.
    """
    for parameter, kept in optimizer.state.items():
        for name, value in kept.items():
            like = isinstance(value, Tensor) and value.ndim == 4 and value.shape == parameter.shape
            if like and value.stride() != parameter.stride():
                kept[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def _restore_tally(run: "Run", kept: list[dict[str, Any]]) -> None:
    """Give each process its sums; where there are more or fewer processes now, the first has all of them."""
    if len(kept) == run.world.size:
        run.tally.restore(kept[run.world.rank])
    elif run.world.is_first:
        run.tally.restore(
            {name: [sum(each) for each in zip(*(one[name] for one in kept), strict=True)] for name in kept[0]}
        )


def _restore_callbacks(run: "Run", states: list[tuple[str, dict[str, Any]]]) -> None:
    """Callbacks without a state, such as a bar of progress, may come and go between the runs."""
    waiting = list(run.callbacks)
    for name, kept in states:
        takers = [callback for callback in waiting if type(callback).__name__ == name]
        if not takers:
            raise ModelError(
                "the checkpoint must be one of the same call",
                f"one with a callback {name}, which is not here",
                "give the callbacks that the run had",
            )
        takers[0].restore(run, kept)
        waiting.remove(takers[0])


def about(run: "Run") -> dict[str, Any]:
    """Return by what a run of the same call is known.

    Args:
        run: of any kind.
    """
    return {
        "training rows": len(run.samples),
        "validation rows": 0 if run.validation is None else len(run.validation),
        "batch_size": run.record.batch_size,
        "epochs": run.epochs,
        "parameters": [[name, *value.shape] for name, value in run.network.named_parameters()],
        "optimizers": [type(optimizer).__name__ for _, optimizer, _ in run.players],
        "seed": run.seed,
        "threads": run.record.threads,
    }


def check_same(kept: dict[str, Any], now: dict[str, Any]) -> None:
    """Raise ModelError where a checkpoint is that of another call.

    Args:
        kept: in the checkpoint.
        now: of the run that should go on.

    Example:
        >>> check_same({"epochs": 3}, {"epochs": 4})
        Traceback (most recent call last):
        netwright.core.errors.ModelError: the checkpoint must be one of the same call, got another epochs ...
    """
    for name, value in now.items():
        if kept.get(name) != value:
            raise ModelError(
                "the checkpoint must be one of the same call",
                f"another {name} ({_short(kept.get(name))}, here {_short(value)})",
                "call it as before, or begin in another folder",
            )


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
