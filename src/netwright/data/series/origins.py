"""Rolling origins: walk-forward splits, in which what is judged always comes after what was learned."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Int

from netwright.core.errors import InputError

Rows = Int[np.ndarray, " rows"]


@final
@dataclass(frozen=True)
class RollingOrigins:
    """Splits by walking forward: the origin moves on, all before it is learned, the next steps are judged.

    Use it to backtest forecasts, or as `cv=` of scikit-learn's searches on rows in the order of time. The
    last origin is as late as the horizon allows, the others lie `step` before each other.

    Args:
        horizon: steps that are judged after each origin.
        n_origins: how many origins there are, at most as many as fit.
        step: steps from one origin to the next; None for the horizon, so that no step is judged twice.
        smallest: rows that the first training part has at least.
        largest: rows that a training part has at most, the latest ones; None for all.

    Raises:
        InputError: when a number is not positive, or not one origin fits.

    Example:
        >>> for learned, judged in RollingOrigins(horizon=2, n_origins=2).split(range(8)):
        ...     print(learned, judged)
        [0 1 2 3] [4 5]
        [0 1 2 3 4 5] [6 7]

    Source:
        Tashman (2000), "Out-of-sample tests of forecasting accuracy: an analysis and review",
        doi:10.1016/S0169-2070(00)00065-0; walking forward: Brownlee (2017), "Time Series Forecasting with
        the Long Short-Term Memory Network in Python", machinelearningmastery.com, on sales of shampoo.
    """

    horizon: int
    n_origins: int = 5
    step: int | None = None
    smallest: int = 2
    largest: int | None = None

    def __post_init__(self) -> None:
        for name in ("horizon", "n_origins", "step", "smallest", "largest"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, (int, np.integer)) or value < 1):
                raise InputError(f"{name} must be a whole number from 1", repr(value), "mend it")

    def origins(self, n: int) -> list[int]:
        """Return how many rows are learned at each origin, from the first to the last.

        Args:
            n: rows of the series.
        """
        last, step = n - self.horizon, self.step or self.horizon
        found = [last - k * step for k in range(self.n_origins) if last - k * step >= self.smallest]
        if not found:
            raise InputError(
                f"a series must have {self.horizon + self.smallest} steps or more for a backtest",
                f"{n} with a horizon of {self.horizon}",
                "shorten the horizon, or give more of it",
            )
        return found[::-1]

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Rows, Rows]]:
        """Yield the rows that are learned and those that are judged.

        Args:
            X: anything with a length, in the order of time.
            y: passed over.
            groups: passed over.
        """
        for origin in self.origins(len(X)):
            first = 0 if self.largest is None else max(0, origin - self.largest)
            yield np.arange(first, origin), np.arange(origin, origin + self.horizon)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of splits; without X, the number asked for.

        Args:
            X: anything with a length.
            y: passed over.
            groups: passed over.
        """
        return self.n_origins if X is None else len(self.origins(len(X)))
