"""Opens torch's doors to a watcher, and shuts them again."""

import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial, wraps
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.utils._pytree import tree_flatten, tree_unflatten
from torch.utils.data import DataLoader
from torch.utils.data.dataloader import _BaseDataLoaderIter

from netwright.core.listening import listeners
from netwright.doctor.observe.closures import Closures
from netwright.doctor.observe.hand_written import HandWritten
from netwright.doctor.observe.keras_steps import KerasSteps
from netwright.doctor.observe.recorder import tensors_of
from netwright.doctor.observe.scoring import Scoring
from netwright.doctor.observe.warned import located
from netwright.doctor.observe.watcher import Watcher

_current: list[Watcher] = []


@contextmanager
def watching(watcher: Watcher) -> Iterator[Watcher]:
    """Tell a watcher of all that happens inside of the block.

    Calls of networks, `backward`, steps of optimizers, and batches of loaders; nothing about them changes.

    Args:
        watcher: who hears.

    Raises:
        RuntimeError: when a watcher is at work already.

    Example:
        >>> net = nn.Linear(2, 1)
        >>> optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        >>> with watching(Watcher()) as watcher:
        ...     net(torch.ones(4, 2)).mean().backward()
        ...     optimizer.step()
        >>> len(watcher.facts.trainees[0].history)
        1
    """
    if _current:
        raise RuntimeError("a doctor is watching already; watch one training inside of one block")
    _current.append(watcher)
    keras_steps, hand_written = KerasSteps(watcher, _hear), HandWritten(watcher, _hear)
    closures = Closures(
        partial(_hear, watcher, watcher.before_step), partial(_listened, watcher), partial(_unheard, watcher)
    )
    undo: list[Callable[[], None]] = [
        _replace(nn.Module, "__call__", _call(nn.Module.__call__, watcher)),
        _replace(torch.autograd, "backward", _backward(torch.autograd.backward, watcher, keras_steps)),
        _replace(Optimizer, "zero_grad", _unlistened(Optimizer.zero_grad, watcher)),
        _replace(Optimizer, "__init__", _made(Optimizer.__init__, watcher)),
        _replace(DataLoader, "__iter__", _start(DataLoader.__iter__, watcher)),
        _replace(_BaseDataLoaderIter, "__next__", _next(_BaseDataLoaderIter.__next__, watcher)),
        _replace(torch.nn.utils, "clip_grad_norm_", _clip(torch.nn.utils.clip_grad_norm_, watcher)),
        _replace(warnings, "showwarning", located(warnings.showwarning)),
        _replace(GradScaler, "scale", _scale(GradScaler.scale, watcher)),
        register_optimizer_step_pre_hook(_before_step(watcher, closures, hand_written)).remove,
        register_optimizer_step_post_hook(_after_step(watcher, closures, hand_written)).remove,
        keras_steps.close,
        Scoring(partial(_hear, watcher, watcher.facts.scores.append)).close,
        partial(listeners.remove, hand_written),
    ]
    listeners.append(hand_written)
    watcher.begin()
    try:
        yield watcher
    finally:
        watcher.end()
        for one in reversed(undo):
            one()
        _current.remove(watcher)


def is_watched() -> bool:
    """Return whether a watcher is at work.

    Example:
        >>> is_watched()
        False
    """
    return bool(_current)


def _stop_in_child() -> None:
    for watcher in _current:
        watcher.off = True


os.register_at_fork(after_in_child=_stop_in_child)


def _replace(owner: Any, name: str, replacement: Any) -> Callable[[], None]:
    original = getattr(owner, name)
    setattr(owner, name, replacement)
    return lambda: setattr(owner, name, original)


def _hear(watcher: Watcher, event: Callable[..., None], *told: Any) -> None:
    """Tell of an event, unless it is none of the watcher's business."""
    if watcher.deaf:
        return
    watcher.inside += 1
    try:
        with torch._C.DisableTorchFunction():  # or the watcher would hear itself
            event(*told)
    except Exception as error:  # the program goes on as if nobody had watched
        watcher.give_up(error)
    finally:
        watcher.inside -= 1


def _unheard(watcher: Watcher, function: Callable[[], Any]) -> Any:
    """What a function gives while the watcher hears of nothing."""
    watcher.inside += 1
    try:
        with watcher.mode.paused():
            return function()
    finally:
        watcher.inside -= 1


def _listened(watcher: Watcher, function: Callable[[], Any]) -> Any:
    """What a function gives within the step of an optimizer, whose own functions are nobody's business."""
    if watcher.detailed:
        watcher.mode.switch_on()
    try:
        return function()
    finally:
        watcher.mode.switch_off()


def _call(original: Any, watcher: Watcher) -> Any:
    def __call__(module: nn.Module, *args: Any, **kwargs: Any) -> Any:  # noqa: N807
        if torch.compiler.is_compiling() or watcher.inside or watcher.deaf or module not in watcher.networks:
            return original(module, *args, **kwargs)
        watcher.inside += 1
        watcher.calling = True
        try:
            with watcher.mode.paused() if watcher.mode.on and not watcher.within.wanted else nullcontext():
                output = original(module, *args, **kwargs)
        finally:
            watcher.calling = False
            watcher.inside -= 1
        if not _shapes_alone(output):
            _hear(watcher, watcher.on_call, module, *_of_tensors((args, kwargs)), output)
        return output

    return __call__


def _backward(original: Any, watcher: Watcher, keras_steps: KerasSteps) -> Any:
    def backward(tensors: Any, *args: Any, **kwargs: Any) -> Any:
        keras_steps.open()
        _hear(watcher, watcher.on_backward, tensors)
        return original(tensors, *args, **kwargs)

    return backward


def _shapes_alone(output: Any) -> bool:
    """Whether a network was only asked what shape its answer would have."""
    return any(one.is_meta for one in tensors_of((output,), {}))


def _of_tensors(arguments: tuple[Any, Any]) -> Any:
    """Arguments of a call with tensors in the place of arrays, which networks of Keras take as well."""
    args, kwargs = arguments
    if not kwargs and all(isinstance(one, Tensor) for one in args):
        return arguments
    leaves, spec = tree_flatten(arguments)
    arrays = [isinstance(one, np.ndarray) and one.dtype.kind in "fiub" for one in leaves]
    if not any(arrays):
        return arguments
    told = [torch.tensor(one) if array else one for one, array in zip(leaves, arrays, strict=True)]
    return tree_unflatten(told, spec)


def _before_step(watcher: Watcher, closures: Closures, hand_written: HandWritten) -> Any:
    def hook(optimizer: Optimizer, args: Any, kwargs: Any) -> Any:
        if watcher.deaf:
            return None
        changed = closures.around(optimizer, args, kwargs)
        watcher.mode.switch_off()  # until the step is taken
        if changed is None:
            _hear(watcher, hand_written.before_step, optimizer)
        return changed

    return hook


def _after_step(watcher: Watcher, closures: Closures, hand_written: HandWritten) -> Any:
    def hook(optimizer: Optimizer, *_: Any) -> None:
        closures.settle(optimizer)
        _hear(watcher, hand_written.after_step, optimizer)

    return hook


def _scale(original: Any, watcher: Watcher) -> Any:
    def scale(scaler: GradScaler, outputs: Any) -> Any:
        scaled = original(scaler, outputs)
        if isinstance(outputs, Tensor) and scaled is not outputs:
            _hear(watcher, watcher.scaling.note, outputs, scaled)
        return scaled

    return scale


def _unlistened(original: Any, watcher: Watcher) -> Any:
    @wraps(original)
    def zero_grad(*args: Any, **kwargs: Any) -> Any:
        with watcher.mode.paused() if watcher.mode.on else nullcontext():
            return original(*args, **kwargs)

    return zero_grad


def _made(original: Any, watcher: Watcher) -> Any:
    def __init__(optimizer: Optimizer, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        original(optimizer, *args, **kwargs)
        _hear(watcher, watcher.on_made, optimizer)

    return __init__


def _start(original: Any, watcher: Watcher) -> Any:
    def __iter__(loader: Any) -> Any:  # noqa: N807
        iterator = original(loader)
        _hear(watcher, watcher.on_start, loader, iterator)
        return iterator

    return __iter__


def _next(original: Any, watcher: Watcher) -> Any:
    def __next__(iterator: Any) -> Any:  # noqa: N807
        start = time.perf_counter()
        # How a batch is made is nobody's business.
        with watcher.mode.paused() if watcher.mode.on else nullcontext():
            batch = original(iterator)
        _hear(watcher, watcher.on_batch, iterator, batch, time.perf_counter() - start)
        return batch

    return __next__


def _clip(original: Any, watcher: Watcher) -> Any:
    def clip_grad_norm_(parameters: Any, max_norm: float, *args: Any, **kwargs: Any) -> Any:
        _hear(watcher, watcher.on_clip, float(max_norm))
        return original(parameters, max_norm, *args, **kwargs)

    return clip_grad_norm_
