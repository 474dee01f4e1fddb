"""Mean squared and absolute error and R2, gathered over batches without losing digits."""

from dataclasses import dataclass, field
from typing import Self, final

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from netwright.core.errors import InputError
from netwright.metrics.reading import read_numbers, read_weight, require_rows


@final
@dataclass(eq=False, repr=False)
class RegressionScores:
    """MSE, RMSE, MAE, R2 and bias over any number of batches.

    Use it where predictions come in batches or from several processes. R2 needs the spread of all targets
    about their common mean; it is kept by merging centred sums of squares, which lose no digits where the
    targets are large beside their spread, as plain sums of squares do.

        mse = mean (y - p)^2     rmse = mse^(1/2)     mae = mean |y - p|     bias = mean (p - y)
        R2  = 1 - sum (y - p)^2 / sum (y - mean y)^2
        merged spread = spread_a + spread_b + (mean_b - mean_a)^2 n_a n_b / (n_a + n_b)

    With several targets a row, each number is the mean over targets, as in scikit-learn. R2 of a constant
    target is 1 where all is right and 0 otherwise; of a single row it is NaN.

    Example:
        >>> seen = RegressionScores().update([3.0, -0.5], [2.5, 0.0]).update([2.0, 7.0], [2.0, 8.0])
        >>> round(seen.result()["r2"], 4)
        0.9486

    Source:
        Chan, Golub & LeVeque (1983), "Algorithms for Computing the Sample Variance: Analysis and
        Recommendations", The American Statistician 37(3), doi:10.1080/00031305.1983.10483115.
    """

    rows: int = field(init=False, default=0)
    total: float = field(init=False, default=0.0)
    origin: Float[np.ndarray, "targets"] = field(init=False, default_factory=lambda: np.zeros(0))
    mean: Float[np.ndarray, "targets"] = field(init=False, default_factory=lambda: np.zeros(0))
    spread: Float[np.ndarray, "targets"] = field(init=False, default_factory=lambda: np.zeros(0))
    squared: Float[np.ndarray, "targets"] = field(init=False, default_factory=lambda: np.zeros(0))
    absolute: Float[np.ndarray, "targets"] = field(init=False, default_factory=lambda: np.zeros(0))
    signed: Float[np.ndarray, "targets"] = field(init=False, default_factory=lambda: np.zeros(0))

    def update(
        self, truth: ArrayLike, prediction: ArrayLike, *, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Add a batch.

        Args:
            truth: one number a row, or one column a target.
            prediction: of the same shape.
            sample_weight: one number a row, at least 0.

        Raises:
            InputError: where the batch does not fit; nothing of it is counted then.
        """
        target, guess = read_numbers(truth, "truth"), read_numbers(prediction, "prediction")
        require_rows(len(target), len(guess), "prediction")
        if target.shape != guess.shape:
            raise InputError(
                f"prediction must have truth's shape {target.shape}", f"{guess.shape}", "match them"
            )
        weight = read_weight(sample_weight, len(target))
        weight = np.ones(len(target)) if weight is None else weight
        target, error = target.reshape(len(target), -1), (guess - target).reshape(len(target), -1)
        batch = RegressionScores()
        batch.rows, batch.total = int((weight > 0).sum()), float(weight.sum())
        batch.origin, target = target[0], target - target[0]  # means from there keep the digits of 1e9 + 0.1
        batch.mean = weight @ target / batch.total
        batch.spread = weight @ (target - batch.mean) ** 2
        batch.squared, batch.absolute, batch.signed = (
            weight @ error**2,
            weight @ np.abs(error),
            weight @ error,
        )
        return self.merge(batch)

    def merge(self, other: "RegressionScores") -> Self:
        """Add what another one gathered, as of another process.

        Args:
            other: gathered over other rows of the same targets.
        """
        if other.total == 0:
            return self
        if self.total == 0:
            for name in ("rows", "total", "origin", "mean", "spread", "squared", "absolute", "signed"):
                setattr(self, name, getattr(other, name))
            return self
        if len(self.mean) != len(other.mean):
            raise InputError(
                f"each batch must have the same {len(self.mean)} targets",
                f"{len(other.mean)}",
                "keep them apart",
            )
        total = self.total + other.total
        step = (other.origin - self.origin) + (other.mean - self.mean)
        self.spread = self.spread + other.spread + step**2 * (self.total * other.total / total)
        self.mean = self.mean + step * (other.total / total)
        self.squared, self.absolute = self.squared + other.squared, self.absolute + other.absolute
        self.signed, self.total, self.rows = self.signed + other.signed, total, self.rows + other.rows
        return self

    def result(self) -> dict[str, float]:
        """Return r2, rmse, mae, mse and bias."""
        if self.total == 0:
            raise InputError("update must come before result", "no rows", "add a batch first")
        mse = self.squared / self.total
        return {
            "r2": self._r2(),
            "rmse": float(np.sqrt(mse).mean()),
            "mae": float((self.absolute / self.total).mean()),
            "mse": float(mse.mean()),
            "bias": float((self.signed / self.total).mean()),
        }

    def _r2(self) -> float:
        if self.rows < 2:
            return float("nan")
        varies = self.spread > 0
        explained = 1 - self.squared / np.where(varies, self.spread, 1)
        return float(np.where(varies, explained, self.squared == 0).mean())
