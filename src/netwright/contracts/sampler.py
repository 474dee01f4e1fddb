"""The contract of samplers: rows of a table chosen again and again from a seed."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from netwright.contracts.claims import claim, untouched_streams


def check_sampler(sampler: Any, y: ArrayLike | None = None) -> None:
    """Claim that a sampler chooses rows in range, from its generator alone, and leaves the target untouched.

    Use it in the tests of a sampler of your own: an object with `rows(y, rng) -> row indices`, where `rng`
    is a `numpy.random.Generator`. It checks that the answer is a vector of whole numbers from 0 to
    len(y) - 1, not empty; that the same seed gives the same rows; that no global random stream is moved; and
    that `y` stays.

    Args:
        sampler: under test.
        y: labels to sample from; by default 100 rows of three classes, 70, 20 and 10.

    Raises:
        AssertionError: in one sentence that names the sampler and what broke.

    Example:
        >>> class Bootstrap:
        ...     def rows(self, y, rng):
        ...         return rng.integers(0, len(y), len(y))
        >>> check_sampler(Bootstrap())
    """
    labels = np.repeat([0, 1, 2], [70, 20, 10]) if y is None else np.asarray(y)
    kept = labels.copy()
    with untouched_streams(sampler, "rows"):
        rows = np.asarray(sampler.rows(labels, np.random.default_rng(0)))
    claim(np.array_equal(labels, kept), sampler, "changes y in place; work on a copy")
    whole = rows.ndim == 1 and rows.dtype.kind in "iu" and len(rows) > 0
    claim(whole, sampler, f"must give a vector of row numbers, gave {rows.dtype} of shape {rows.shape}")
    claim(
        rows.min() >= 0 and rows.max() < len(labels),
        sampler,
        f"must give rows from 0 to {len(labels) - 1}, gave {rows.min()} to {rows.max()}",
    )
    again = np.asarray(sampler.rows(labels, np.random.default_rng(0)))
    claim(np.array_equal(rows, again), sampler, "gives other rows from the same seed; draw from rng alone")
