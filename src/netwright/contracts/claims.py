"""How a contract speaks: one sentence that names the part and what broke."""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


def claim(holds: bool, part: Any, broken: str) -> None:
    """Raise an AssertionError that names the part, unless the claim holds.

    Args:
        holds: whether the contract is kept.
        part: the function, class or object under test.
        broken: what is wrong, as the rest of a sentence that begins with the part's name.

    Example:
        >>> claim(2 < 1, len, "should be smaller")
        Traceback (most recent call last):
        AssertionError: len should be smaller
    """
    if not holds:
        raise AssertionError(f"{name_of(part)} {broken}")


def name_of(part: Any) -> str:
    """Return a function's or class's own name, or the name of an object's class."""
    return getattr(part, "__name__", None) or type(part).__name__


@contextmanager
def untouched_streams(part: Any, act: str) -> Iterator[None]:
    """Claim that the block leaves the random streams of Python, numpy and torch where they were.

    Args:
        part: the part under test.
        act: what it does in the block, such as "fit".
    """
    python, torch_state = random.getstate(), torch.random.get_rng_state()
    legacy = np.random.get_state()  # noqa: NPY002
    with _calls_of_random() as calls:
        yield
    moved = random.getstate() != python and (bool(calls) or not _types_are_checked())
    claim(not moved, part, f"moves Python's random stream in {act}; use a random.Random of its own")
    now = np.random.get_state()  # noqa: NPY002
    same = all(np.array_equal(a, b) for a, b in zip(now, legacy, strict=True))
    claim(same, part, f"moves numpy's global random stream in {act}; use numpy.random.default_rng")
    same = torch.equal(torch.random.get_rng_state(), torch_state)
    claim(same, part, f"moves torch's global random stream in {act}; use torch.random.fork_rng")


def _types_are_checked() -> bool:
    """Whether jaxtyping's import hook is on: beartype then picks the items it looks at by that stream."""
    return any(type(finder).__module__.startswith("jaxtyping") for finder in sys.meta_path)


@contextmanager
def _calls_of_random() -> Iterator[list[str]]:
    calls: list[str] = []

    def listening(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            calls.append(name)
            return function(*values, **named)

        return call

    kept = {name: getattr(random, name) for name in random.__all__ if name not in ("getstate", "setstate")}
    kept = {name: f for name, f in kept.items() if isinstance(getattr(f, "__self__", None), random.Random)}
    for name, function in kept.items():
        setattr(random, name, listening(name, function))
    try:
        yield calls
    finally:
        for name, function in kept.items():
            setattr(random, name, function)
