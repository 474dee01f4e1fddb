"""Exponential smoothing with a damped trend and an additive season, for many settings at once.

    e_t = y_t - (l_(t-1) + phi b_(t-1) + s_(t-m))
    l_t = l_(t-1) + phi b_(t-1) + alpha e_t
    b_t = phi b_(t-1) + alpha beta e_t
    s_t = s_(t-m) + gamma e_t
    forecast of h steps: l_t + (phi + ... + phi^h) b_t + s of that place

A setting is a row (alpha, beta, phi, gamma); phi = 0 has no trend, gamma below 0 no season. A missing step
carries the state on. The form and why it is hard to beat: Gardner and McKenzie (2011), "Why the damped trend
works", doi:10.1057/jors.2010.37.
"""

import itertools
from collections.abc import Iterator

import numpy as np

ALPHAS = (0.03, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0)
TRENDS = ((0.0, 0.0), (0.0, 1.0), (0.05, 0.9), (0.2, 0.9), (0.05, 0.98), (0.2, 0.98), (0.02, 1.0), (0.1, 1.0))
GAMMAS = (0.02, 0.1, 0.25, 0.5)
MEMBERS = 4
"""Near-best settings whose forecasts are averaged."""
LONGEST = 4000
"""Steps, the latest ones, by which settings are chosen."""


def settings(season: int) -> np.ndarray:
    """Return all settings that are tried, (settings, 4).

    Args:
        season: its length, 1 for none.
    """
    gammas = (-1.0, *GAMMAS) if season > 1 else (-1.0,)
    grid = [(a, b, phi, g) for a, (b, phi), g in itertools.product(ALPHAS, TRENDS, gammas)]
    return np.array(grid)


def choose_settings(z: np.ndarray, season: int, horizon: int, end: int) -> np.ndarray:
    """Return the settings whose forecasts were nearest, by those whose targets lie before `end`.

    Args:
        z: (time).
        season: its length.
        horizon: steps ahead.
        end: the first step that must not be seen.
    """
    z = z[max(0, end - LONGEST) : end]
    grid = settings(season)
    best = grid[np.argsort(_errors(z, grid, season, horizon), kind="stable")[:MEMBERS]]
    grid = np.unique(np.concatenate([best, _near(best)]), axis=0)
    return grid[np.argsort(_errors(z, grid, season, horizon), kind="stable")[:MEMBERS]]


def smoothed(z: np.ndarray, chosen: np.ndarray, season: int, horizon: int) -> np.ndarray:
    """Return forecasts from every origin, (time, horizon): the mean over the settings.

    Args:
        z: (time).
        chosen: (settings, 4).
        season: its length.
        horizon: steps ahead.
    """
    damped = _damped(chosen, horizon)
    forecasts = np.empty((len(z), horizon))
    steps = np.arange(1, horizon + 1)
    for t, (level, trend, places) in enumerate(_walk(z, chosen, season)):
        ahead = level[:, None] + damped * trend[:, None] + places[:, (t + steps) % season]
        forecasts[t] = ahead.mean(0)
    return forecasts


def burn_in(season: int) -> int:
    """Return how many steps pass before forecasts count.

    Args:
        season: its length.
    """
    return 2 * season if season > 1 else 6


def _near(best: np.ndarray) -> np.ndarray:
    """Settings around these ones."""
    draw = np.random.default_rng(0).normal(size=(12, *best.shape))
    alpha, beta, phi, gamma = np.moveaxis(np.broadcast_to(best, draw.shape).copy(), -1, 0)
    alpha = np.clip(alpha * np.exp(0.25 * draw[..., 0]), 0.01, 1.0)
    beta = np.clip(beta * np.exp(0.4 * draw[..., 1]), 0.0, 1.0)
    phi = np.where(phi > 0, 1 - np.clip((1 - phi) * np.exp(0.5 * draw[..., 2]), 0.0, 0.25), 0.0)
    gamma = np.where(gamma >= 0, np.clip(gamma * np.exp(0.4 * draw[..., 3]), 0.0, 0.9), -1.0)
    return np.stack([alpha, beta, phi, gamma], -1).reshape(-1, 4)


def _errors(z: np.ndarray, grid: np.ndarray, season: int, horizon: int) -> np.ndarray:
    """The mean absolute error of each setting, over all origins and steps."""
    damped, steps = _damped(grid, horizon), np.arange(1, horizon + 1)
    total, count = np.zeros(len(grid)), 0
    first = min(burn_in(season), max(len(z) - horizon - 1, 0))
    stride = max(1, (len(z) - first) * horizon // 20_000)
    for t, (level, trend, places) in enumerate(_walk(z[:-1], grid, season)):
        if t < first or (t - first) % stride:
            continue
        truth = z[t + 1 : t + 1 + horizon]
        known = np.isfinite(truth)
        if known.any():
            at = steps[: len(truth)][known]
            ahead = level[:, None] + damped[:, at - 1] * trend[:, None] + places[:, (t + at) % season]
            total += np.abs(truth[known] - ahead).sum(1)
            count += len(at)
    return total / max(count, 1)


def _damped(grid: np.ndarray, horizon: int) -> np.ndarray:
    return np.cumsum(grid[:, 2:3] ** np.arange(1, horizon + 1), axis=1)


def _walk(
    z: np.ndarray, grid: np.ndarray, season: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield level, trend and places of the season of all settings after each step."""
    alpha, beta, phi, gamma = grid.T
    level0, trend0, season0, plain0 = _begin(z, season)
    seasonal = gamma >= 0
    level, trend = np.where(seasonal, level0, plain0), np.where(phi > 0, trend0, 0.0)
    places, gain = np.where(seasonal[:, None], season0, 0.0), np.where(seasonal, gamma, 0.0)
    steer = alpha * beta
    for t, value in enumerate(z):
        level = level + phi * trend
        trend = phi * trend
        if value == value:  # known
            error = value - level - places[:, t % season]
            level = level + alpha * error
            trend = trend + steer * error
            places[:, t % season] += gain * error
        yield level, trend, places


def _begin(z: np.ndarray, season: int) -> tuple[float, float, np.ndarray, float]:
    """Level and trend before the first step, the season, and the level where there is none."""
    known = np.flatnonzero(np.isfinite(z))
    if not len(known):
        return 0.0, 0.0, np.zeros(season), 0.0
    few = known[:10]
    slope = float((z[few[-1]] - z[few[0]]) / max(few[-1] - few[0], 1))
    plain = float(z[few[0]])
    rounds = min(4, len(z) // season)
    if season < 2 or rounds < 2:
        return plain - slope, slope, np.zeros(season), plain - slope
    block = z[: rounds * season].reshape(rounds, season)
    if np.isnan(block).all(1).any():
        return plain, 0.0, np.zeros(season), plain
    means = np.nanmean(block, 1)
    slope = float((means[-1] - means[0]) / ((rounds - 1) * season))
    line = means[0] + slope * (np.arange(rounds * season) - (season - 1) / 2).reshape(rounds, season)
    away = block - line
    counts = np.isfinite(away).sum(0)
    places = np.where(counts > 0, np.nansum(away, 0) / np.maximum(counts, 1), 0.0)
    places = places - places.mean()
    return float(line[0, 0] - slope), slope, places, plain
