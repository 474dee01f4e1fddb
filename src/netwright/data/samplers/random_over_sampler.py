"""Random over-sampling: rows of rare classes are repeated."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Int

from netwright.data.samplers.strategy import Strategy, ratio_of, rows_by_class, take


@final
@dataclass
class RandomOverSampler:
    """Repeat rows of the smaller classes, drawn at random, until they are large enough.

    Use it where a rare class matters: of the usual remedies it is the one that most often helps deep nets,
    and it does not make them overfit. Probabilities learnt from such samples are too high for the rare
    classes and want calibration. Sample training rows alone, after the split.

    Args:
        strategy: "balanced" makes all classes as large as the largest; a ratio makes each at least that share
            of the largest.
        random_state: seed of `fit_resample`.

    Raises:
        TableError: when y has one class, or the ratio is out of range.

    Example:
        >>> sampler = RandomOverSampler()
        >>> rows = sampler.rows(["no", "no", "no", "yes"], np.random.default_rng(0))
        >>> rows
        array([0, 1, 2, 3, 3, 3])

    Source:
        Buda, Maki and Mazurowski (2018), "A systematic study of the class imbalance problem in convolutional
        neural networks", arXiv:1710.05381.
    """

    strategy: Strategy = "balanced"
    random_state: Any = None

    def rows(self, y: Any, rng: np.random.Generator) -> Int[np.ndarray, "sampled"]:
        """Return all rows, followed by the repeated ones.

        Args:
            y: the class of each row.
            rng: what draws.
        """
        classes = rows_by_class(y)
        least = int(np.ceil(round(ratio_of(self.strategy) * max(map(len, classes)), 9)))
        repeated = [rng.choice(rows, size=max(0, least - len(rows)), replace=True) for rows in classes]
        return np.concatenate([np.arange(sum(map(len, classes))), *repeated]).astype(np.int64)

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Return sampled X and y, as imbalanced-learn does; the rows taken are kept in `sample_indices_`.

        Args:
            X: the samples, a frame or an array.
            y: their classes.
        """
        self.sample_indices_ = self.rows(y, np.random.default_rng(self.random_state))
        return take(X, self.sample_indices_), take(y, self.sample_indices_)
