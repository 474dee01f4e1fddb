"""What compiled kernels share: random numbers, draws by frequency, and the sigmoid by a table."""

import functools
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

BOUND, STEPS = 16.0, 8192
"""The sigmoid's table holds so many steps between minus and plus this bound, where it is 1 to 1e-7."""
APART = 8
"""Words of 64 bits in a line of the cache."""


@functools.cache
def sigmoid_table() -> NDArray[np.float32]:
    """Return (steps + 1, 2): the sigmoid, and -log of it, on an even grid from -16 to 16.

    Between two steps both are interpolated: wrong by less than 5e-7.

    Example:
        >>> table = sigmoid_table()
        >>> table[len(table) // 2].astype(float).round(4).tolist()
        [0.5, 0.6931]
    """
    x = np.linspace(-BOUND, BOUND, STEPS + 1)
    table = np.stack([1 / (1 + np.exp(-x)), np.logaddexp(0, -x)], axis=1)
    return np.ascontiguousarray(table, np.float32)


@njit(nogil=True, cache=True, inline="always")
def look_up(table: Any, x: Any, column: int) -> Any:
    """Sigmoid (column 0) or -log sigmoid (column 1) of one number; linear beyond the table."""
    place = (x + np.float32(BOUND)) * np.float32(STEPS / (2 * BOUND))
    if place <= 0:
        return table[0, column] if column == 0 else -x
    if place >= STEPS:
        return table[STEPS, column]
    step = int(place)
    share = place - np.float32(step)
    return table[step, column] + share * (table[step + 1, column] - table[step, column])


def alias_table(weights: NDArray[np.float64]) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Return tables from which one of n things is drawn by weight in two look-ups (Walker's alias method).

    Args:
        weights: (things,), 0 or more each.

    Returns:
        (thresholds, aliases): place i is kept where 32 random bits lie below its threshold, else its alias is
        taken.

    Example:
        >>> thresholds, aliases = alias_table(np.array([3.0, 1.0]))
        >>> (thresholds / 2**32).round(2).tolist(), aliases.tolist()
        ([1.0, 0.5], [0, 0])

    Source:
        Vose (1991), "A linear algorithm for generating random numbers with a given distribution",
        doi:10.1109/32.92917
    """
    shares = np.asarray(weights, np.float64) * (len(weights) / np.sum(weights))
    aliases = np.arange(len(shares), dtype=np.int32)
    _fill_alias(shares, aliases)
    return np.minimum(shares * 2.0**32, 2.0**32 - 1).astype(np.uint32), aliases


@njit(cache=True)
def _fill_alias(shares: Any, aliases: Any) -> None:
    n = len(shares)
    small, large = np.empty(n, np.int64), np.empty(n, np.int64)
    n_small = n_large = 0
    for i in range(n - 1, -1, -1):
        if shares[i] < 1:
            small[n_small] = i
            n_small += 1
        else:
            large[n_large] = i
            n_large += 1
    while n_small and n_large:
        n_small -= 1
        low, high = small[n_small], large[n_large - 1]
        aliases[low] = high
        shares[high] -= 1 - shares[low]
        if shares[high] < 1:
            n_large -= 1
            small[n_small] = high
            n_small += 1
    for i in range(n_small):
        shares[small[i]] = 1.0
    for i in range(n_large):
        shares[large[i]] = 1.0


@njit(nogil=True, cache=True, inline="always")
def next_random(state: Any) -> Any:
    """Next 64 random bits of a state (1,) of uint64 (splitmix64).

    Source:
        Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators",
        doi:10.1145/2660193.2660195
    """
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(nogil=True, cache=True)
def seeded(seed: Any) -> Any:
    """A state (1,) for `next_random`, on a line of the cache that no other thread writes to."""
    room = np.zeros(3 * APART, np.uint64)
    room[APART] = seed
    return room[APART : APART + 1]


@njit(nogil=True, cache=True)
def places(n: int) -> Any:
    """Room (n,) for numbers of words, with lines of the cache of its own."""
    return np.empty(n + 4 * APART, np.int32)[2 * APART : 2 * APART + n]


@njit(nogil=True, cache=True)
def room_for(n: int, width: int) -> Any:
    """Room (n, width) of 32 bits, with lines of the cache of its own."""
    size = n * width
    return np.empty(size + 4 * APART, np.float32)[2 * APART : 2 * APART + size].reshape(n, width)


@njit(nogil=True, cache=True, inline="always")
def uniform(bits: Any, n: Any) -> Any:
    """A number from 0 to n - 1 from the upper half of 64 random bits."""
    return ((bits >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32)


@njit(nogil=True, cache=True, inline="always")
def draw(bits: Any, thresholds: Any, aliases: Any) -> Any:
    """One thing by weight, from 64 random bits and the tables of `alias_table`."""
    place = uniform(bits, len(thresholds))
    if np.uint32(bits & np.uint64(0xFFFFFFFF)) <= thresholds[place]:
        return np.int64(place)
    return np.int64(aliases[place])
