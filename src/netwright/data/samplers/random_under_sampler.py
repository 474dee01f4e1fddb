"""Random under-sampling: rows of frequent classes are left out."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Int

from netwright.data.samplers.strategy import Strategy, ratio_of, rows_by_class, take


@final
@dataclass
class RandomUnderSampler:
    """Leave out rows of the larger classes, drawn at random, until they are small enough.

    Use it where there are far more rows than are needed and time is short; it throws information away, so
    that over-sampling is usually better. Sample training rows alone, after the split.

    Args:
        strategy: "balanced" makes all classes as small as the smallest; a ratio keeps of each as many rows
            as make the smallest that share of it.
        random_state: seed of `fit_resample`.

    Raises:
        TableError: when y has one class, or the ratio is out of range.

    Example:
        >>> sampler = RandomUnderSampler()
        >>> rows = sampler.rows(["no", "no", "no", "yes"], np.random.default_rng(0))
        >>> len(rows)
        2

    Source:
        Buda, Maki and Mazurowski (2018), "A systematic study of the class imbalance problem in convolutional
        neural networks", arXiv:1710.05381.
    """

    strategy: Strategy = "balanced"
    random_state: Any = None

    def rows(self, y: Any, rng: np.random.Generator) -> Int[np.ndarray, "sampled"]:
        """Return the rows that are kept, sorted; none is repeated.

        Args:
            y: the class of each row.
            rng: what draws.
        """
        classes = rows_by_class(y)
        most = int(np.floor(round(min(map(len, classes)) / ratio_of(self.strategy), 9)))
        kept = [rng.permutation(rows)[: min(len(rows), most)] for rows in classes]
        return np.sort(np.concatenate(kept)).astype(np.int64)

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Return sampled X and y, as imbalanced-learn does; the rows taken are kept in `sample_indices_`.

        Args:
            X: the samples, a frame or an array.
            y: their classes.
        """
        self.sample_indices_ = self.rows(y, np.random.default_rng(self.random_state))
        return take(X, self.sample_indices_), take(y, self.sample_indices_)
