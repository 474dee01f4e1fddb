"""Everything off, then back on one by one: which option does the harm."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netwright.core.errors import InputError


@dataclass(frozen=True)
class Rebuilt:
    """What came out when options were switched on again.

    Args:
        culprits: names of the options that did harm, in the order in which they came back.
        kept: names of those that did none.
        bare: losses with everything off, one for each seed.
        losses: name -> losses when that option came back, one for each seed.

    Example:
        >>> Rebuilt(("dropout",), (), (0.1,), {"dropout": (2.0,)}).culprits
        ('dropout',)
    """

    culprits: tuple[str, ...]
    kept: tuple[str, ...]
    bare: tuple[float, ...]
    losses: dict[str, tuple[float, ...]]


def rebuild(
    run: Callable[..., float],
    options: Mapping[str, tuple[Any, Any]],
    *,
    seeds: Sequence[int] = (0, 1, 2),
    harm: float = 0.2,
) -> Rebuilt:
    """Switch everything off, then switch one option after the other on, and name those that do harm.

    Use it when a training with augmentation, regularisation, a schedule and a loss of your own does not
    learn, and you do not know which of them is to blame. An option does harm when the lowest loss of all
    seeds with it lies above the highest one without it by a share of that; it is then left off, so that the
    next one is judged in a training that works, and several faults are found in one go.

    Args:
        run: trains and returns a loss; it takes the options by name and `seed`.
        options: name -> (value when off, value when on), in the order in which they come back.
        seeds: of the repeats.
        harm: share of the loss without an option by which it has to become worse.

    Raises:
        InputError: when there is no option or no seed, or everything off is no number already.

    Example:
        >>> def run(rate, dropout, seed):
        ...     return 0.5 + (dropout > 0.8) + 3 * (rate > 1) + 0.01 * seed
        >>> rebuild(run, {"rate": (0.01, 10.0), "dropout": (0.0, 0.2)}).culprits
        ('rate',)

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"
    """
    if not options or not len(seeds):
        raise InputError("options and seeds", "none of one of them", "give at least one of each")
    settings = {name: off for name, (off, _) in options.items()}
    bare = level = _losses(run, settings, seeds)
    if not all(math.isfinite(one) for one in bare):
        raise InputError("with everything off the loss must be a number", str(bare), "look there first")
    culprits, kept, losses = [], [], {}
    for name, (_, on) in options.items():
        losses[name] = told = _losses(run, {**settings, name: on}, seeds)
        if min(told) > max(level) + harm * abs(max(level)):
            culprits.append(name)
            continue
        kept.append(name)
        settings[name] = on
        level = told if max(told) < math.inf else level
    return Rebuilt(tuple(culprits), tuple(kept), bare, losses)


def _losses(run: Callable[..., float], settings: dict[str, Any], seeds: Sequence[int]) -> tuple[float, ...]:
    found = [float(run(**settings, seed=seed)) for seed in seeds]
    return tuple(one if one == one else math.inf for one in found)
