"""Series in which something was planted."""

import numpy as np


def doppler(n_steps):
    """Donoho and Johnstone's test signal: swings that become slower and larger."""
    time = np.arange(1, n_steps + 1) / n_steps
    return np.sqrt(time * (1 - time)) * np.sin(2 * np.pi * 1.05 / (time + 0.05))


def noisy(clean, decibels, seed=0):
    """The signal with white noise at a ratio of signal to noise."""
    rng = np.random.default_rng(seed)
    return clean + rng.normal(0, clean.std() * 10 ** (-decibels / 20), clean.shape)


def ratio(clean, other):
    """Signal to noise, in decibels."""
    return 10 * np.log10(np.square(clean).sum() / np.square(other - clean).sum())


def steps(n_steps, seed):
    """Pieces of 16 steps or more at levels that differ by 1 or more, and where each begins but the first."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(16, 60, n_steps // 16)
    times = np.cumsum(lengths)
    times = times[times < n_steps - 16]
    levels = np.cumsum(rng.choice([1, 2, -3], len(times) + 1))
    pieces = np.diff(np.concatenate([[0], times, [n_steps]]))
    return np.repeat(levels % 4, pieces).astype(float), times


def f1(found, planted, near):
    """F1 of times, each planted one found once by one that is near."""
    left, hits = list(planted), 0
    for time in found:
        match = min(left, key=lambda one: abs(one - time), default=None)
        if match is not None and abs(match - time) <= near:
            left.remove(match)
            hits += 1
    return 2 * hits / max(len(found) + len(planted), 1)
