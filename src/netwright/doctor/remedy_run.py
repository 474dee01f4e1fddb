"""A script's run with one thing changed from outside, by the doors through which the doctor looks."""

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import MethodType
from typing import Any

import torch
from torch.optim import Optimizer
from torch.utils.data import DataLoader, IterableDataset, RandomSampler, SequentialSampler

from netwright.doctor.observe.places import user_line
from netwright.doctor.remedy_calls import (
    Applied,
    Door,
    change_dropout,
    change_mode,
    give_logits,
    give_scores,
    give_shape,
    standardise,
)


@contextmanager
def mended(change: Mapping[str, Any]) -> Iterator[Applied]:
    """Change one thing about every training inside of the block.

    Args:
        change: as `netwright.doctor.mending.first_change` gives it.

    Example:
        >>> model = torch.nn.Linear(2, 1)
        >>> with mended({"do": "rate", "factor": 0.5, "where": {}}) as applied:
        ...     optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        ...     model.weight.grad = torch.ones(1, 2)
        ...     before = model.weight.detach().clone()
        ...     optimizer.step()
        >>> torch.allclose(before - model.weight.detach(), torch.full((1, 2), 0.5)), applied.times
        (True, 1)
    """
    applied = Applied()
    with ExitStack() as doors:
        for owner, name, around in _DOORS[change["do"]](change, applied):
            original = getattr(owner, name)
            setattr(owner, name, functools.wraps(original)(around(original)))
            doors.callback(setattr, owner, name, original)
        yield applied


def _here(change: Mapping[str, Any]) -> bool:
    """Whether the user's line at work is the one that the finding names, or it names none."""
    where, line = change.get("where", {}), user_line()
    return not where.get("line") or (line is not None and (line.file, line.number) == _place(where))


def _place(where: Mapping[str, Any]) -> tuple[str, int]:
    return str(where["file"]), int(where["line"])


def _steps(
    around_step: Callable[[Optimizer, Callable[[], Any]], Any], here: Callable[[], bool]
) -> list[Door]:
    """Every optimizer that is made at the right line takes its steps through a function."""

    def around(original: Any) -> Any:
        def made(optimizer: Optimizer, *args: Any, **kwargs: Any) -> None:
            original(optimizer, *args, **kwargs)
            if here():
                optimizer.step = MethodType(step, optimizer)  # type: ignore[method-assign]

        return made

    def step(optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
        return around_step(optimizer, lambda: type(optimizer).step(optimizer, *args, **kwargs))

    return [(Optimizer, "__init__", around)]


def _scaled(name: str, factor: float, applied: Applied) -> Callable[[Optimizer, Callable[[], Any]], Any]:
    """A step with one setting of all groups multiplied, and put back after it."""

    def step(optimizer: Optimizer, take: Callable[[], Any]) -> Any:
        groups = [group for group in optimizer.param_groups if name in group]
        kept = [group[name] for group in groups]
        applied.times += 1
        try:
            for group in groups:
                group[name] = group[name] * factor
            return take()
        finally:
            for group, value in zip(groups, kept, strict=True):
                group[name] = value

    return step


def _rate(change: Mapping[str, Any], applied: Applied) -> list[Door]:
    return _steps(_scaled("lr", float(change["factor"]), applied), lambda: _here(change))


def _decay(_: Mapping[str, Any], applied: Applied) -> list[Door]:
    return _steps(_scaled("weight_decay", 0.0, applied), lambda: True)


def _clear(_: Mapping[str, Any], applied: Applied) -> list[Door]:
    def step(optimizer: Optimizer, take: Callable[[], Any]) -> Any:
        result = take()
        applied.times += 1
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = None
        return result

    return _steps(step, lambda: True)


def _clip(change: Mapping[str, Any], applied: Applied) -> list[Door]:
    def step(optimizer: Optimizer, take: Callable[[], Any]) -> Any:
        weights = [one for group in optimizer.param_groups for one in group["params"]]
        torch.nn.utils.clip_grad_norm_(weights, float(change["norm"]))
        applied.times += 1
        return take()

    return _steps(step, lambda: True)


def _unclip(_: Mapping[str, Any], applied: Applied) -> list[Door]:
    def around(original: Any) -> Any:
        def clip_grad_norm_(parameters: Any, max_norm: float, *args: Any, **kwargs: Any) -> Any:
            applied.times += max_norm < float("inf")
            return original(parameters, float("inf"), *args, **kwargs)

        return clip_grad_norm_

    return [(torch.nn.utils, "clip_grad_norm_", around)]


def _loaders(again: Callable[[Any], DataLoader[Any] | None], applied: Applied) -> list[Door]:
    known: dict[int, tuple[Any, DataLoader[Any] | None]] = {}

    def around(original: Any) -> Any:
        def __iter__(loader: Any) -> Any:  # noqa: N807
            if id(loader) not in known:
                known[id(loader)] = (loader, again(loader))
            other = known[id(loader)][1]
            applied.times += other is not None
            return original(loader if other is None else other)

        return __iter__

    return [(DataLoader, "__iter__", around)]


def _remade(loader: Any, **changed: Any) -> DataLoader[Any]:
    names = ("num_workers", "collate_fn", "pin_memory", "timeout", "worker_init_fn", "generator", "drop_last")
    settings = {name: getattr(loader, name) for name in names}
    return DataLoader(loader.dataset, **{"batch_size": loader.batch_size, **settings, **changed})


def _shuffle(change: Mapping[str, Any], applied: Applied) -> list[Door]:
    def again(loader: Any) -> DataLoader[Any] | None:
        plain = isinstance(getattr(loader, "sampler", None), SequentialSampler) and loader.batch_size
        if not plain or isinstance(loader.dataset, IterableDataset) or not _here(change):
            return None
        return _remade(loader, sampler=RandomSampler(loader.dataset, generator=loader.generator))

    return _loaders(again, applied)


def _batch(change: Mapping[str, Any], applied: Applied) -> list[Door]:
    def again(loader: Any) -> DataLoader[Any] | None:
        if loader.batch_size != change["rows"] or isinstance(loader.dataset, IterableDataset):
            return None
        return _remade(loader, batch_size=int(change["to"]), sampler=loader.sampler)

    return _loaders(again, applied)


_DOORS: dict[str, Callable[[Mapping[str, Any], Applied], list[Door]]] = {
    "batch": _batch,
    "clear": _clear,
    "clip": _clip,
    "decay": _decay,
    "dropout": change_dropout,
    "logits": give_logits,
    "mode": change_mode,
    "rate": _rate,
    "scores": give_scores,
    "shape": give_shape,
    "shuffle": _shuffle,
    "standardise": standardise,
    "unclip": _unclip,
}
