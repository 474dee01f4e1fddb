"""Ridge regressions of each step ahead on lags, whose strength is chosen by going on in time."""

from dataclasses import dataclass

import numpy as np

STRENGTHS = 10.0 ** np.arange(-3, 4)
ROWS = 4000
"""Origins, the latest ones, that are learned from."""


@dataclass
class LagRegression:
    """One linear forecast of each step ahead.

    Args:
        lags: steps back that it sees, as differences from the last value.
        season: its length; the same place one season before is seen too.
        centre: from which the last value's distance is seen; None where it is not seen.
        weights: (horizon, features).
        constants: (horizon).
    """

    lags: int
    season: int
    centre: float | None
    weights: np.ndarray
    constants: np.ndarray

    @classmethod
    def fitted(
        cls,
        z: np.ndarray,
        target: np.ndarray,
        *,
        lags: int,
        season: int,
        centre: float | None,
        end: int,
        known: np.ndarray | None = None,
    ) -> "LagRegression":
        """Fit to the targets that lie before `end`.

        Args:
            z: (time), filled.
            target: (time, horizon), from each origin; NaN where unknown.
            lags: steps back.
            season: its length.
            centre: or None.
            end: the first step that must not be seen.
            known: (time + horizon, covariates), or None.
        """
        horizon = target.shape[1]
        model = cls(lags, season, centre, np.zeros((0, 0)), np.zeros(horizon))
        parts = []
        first = max(lags, 2 * season if season > 1 else 0)
        for h in range(1, horizon + 1):
            rows = np.arange(max(first, end - h - ROWS), max(end - h, first))
            rows = rows[np.isfinite(target[rows, h - 1])]
            parts.append((model.features(z, h, known)[rows], target[rows, h - 1]))
        strength = _strength(parts)
        solved = [_solve(X, t, strength) for X, t in parts]
        model.weights = np.stack([weights for weights, _ in solved])
        model.constants = np.array([constant for _, constant in solved])
        return model

    def features(self, z: np.ndarray, h: int, known: np.ndarray | None = None) -> np.ndarray:
        """Return what is seen at each origin for the step `h` ahead, (time, features).

        Args:
            z: (time), filled.
            h: steps ahead.
            known: (time + horizon, covariates), of which those of the origin and of the step ahead are seen;
                None where it was fitted without.
        """
        columns = [_back(z, lag) - z for lag in range(1, self.lags + 1)]
        if self.season > 1:
            turns = -(-h // self.season)
            columns += [_back(z, turns * self.season - h) - z, _back(z, (turns + 1) * self.season - h) - z]
        if self.centre is not None:
            columns.append(z - self.centre)
        if known is not None:
            columns += [*known[: len(z)].T, *known[h : h + len(z)].T]
        return np.stack(columns, 1)

    def __call__(self, z: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
        """Return the forecasts from every origin, (time, horizon).

        Args:
            z: (time), filled.
            known: as in `features`.
        """
        steps = range(1, len(self.constants) + 1)
        seen = [self.features(z, h, known) for h in steps]
        return np.stack(
            [one @ self.weights[h - 1] + self.constants[h - 1] for h, one in zip(steps, seen, strict=True)], 1
        )


def _back(z: np.ndarray, lag: int) -> np.ndarray:
    """The value so many steps before; the first one where there is none."""
    return z if lag == 0 else np.r_[np.full(min(lag, len(z)), z[0]), z[:-lag]]


def _strength(parts: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """The penalty that does best on the last third when fitted to the rows before it."""
    errors = np.zeros(len(STRENGTHS))
    for X, target in parts[:: max(1, len(parts) // 8)]:
        cut = 2 * len(X) // 3
        if cut < 4:
            return float(STRENGTHS[-1])
        for place, strength in enumerate(STRENGTHS):
            weights, constant = _solve(X[:cut], target[:cut], strength)
            errors[place] += np.abs(X[cut:] @ weights + constant - target[cut:]).mean()
    return float(STRENGTHS[int(errors.argmin())])


def _solve(X: np.ndarray, target: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    if len(X) < 4:
        return np.zeros(X.shape[1]), 0.0
    means, scales = X.mean(0), X.std(0)
    scales = np.where(scales > 1e-12 * (1 + np.abs(means)), scales, np.inf)
    columns = (X - means) / scales
    matrix = columns.T @ columns + strength * len(X) * 0.1 * np.eye(X.shape[1])
    weights = np.linalg.solve(matrix, columns.T @ (target - target.mean())) / scales
    return weights, float(target.mean() - means @ weights)
