"""Two similarities, of words and of a transformer, blended by the weight that suits graded pairs best."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError
from netwright.embeddings.taught.reading import columns_of


@final
@dataclass(eq=False, repr=False)
class SimilarityBlend(BaseEstimator):  # type: ignore[misc]
    """Similarity of two texts by two embedders, such as BERT and word2vec, in the best mixture.

    Use it where one embedder knows the meaning and another the words of your field: a few graded pairs say
    how far to trust each. Both cosines are brought to one scale, and the weight is the one with the highest
    Spearman correlation on the pairs of `fit`; trusting one of them alone is among what is tried, so that the
    blend is never below the better of both there.

        s = w z_1 + (1 - w) z_2  with  z_k = (cos_k - mean_k) / deviation_k over the pairs of `fit`

    Args:
        first: a fitted embedder of texts, with `transform`.
        second: another one.
        steps: so many steps of the weight from 0 to 1 are tried.

    Raises:
        InputError: in `fit`, when X or y has another form, or all pairs are the same to both embedders.

    Example:
        >>> from sklearn.feature_extraction.text import CountVectorizer
        >>> pairs = [("a cat", "a cat"), ("a cat", "a dog"), ("a cat", "the dog"), ("cats", "cat")]
        >>> words = CountVectorizer(token_pattern="[a-z]+").fit(["a cat dog the cats"])
        >>> letters = CountVectorizer(analyzer="char").fit(["a cat dog the cats"])
        >>> blend = SimilarityBlend(letters, words).fit(pairs, [1.0, 0.4, 0.1, 0.8])
        >>> blend.predict(pairs).argsort().tolist()
        [2, 1, 3, 0]

    Source:
        Ataee, "How to Compute Sentence Similarity Using BERT and Word2Vec", towardsdatascience.com.
    """

    first: Any
    second: Any
    steps: int = 20

    def fit(self, X: Any, y: Any) -> Self:
        """Choose the weight.

        Args:
            X: rows of two texts.
            y: how alike they are; any numbers, more for more alike.

        Raises:
            InputError: when X or y has another form, or all pairs are the same to both embedders.
        """
        columns = columns_of(X)
        grades = np.asarray(y, np.float64)
        if grades.shape != (len(columns[0]),) or not np.isfinite(grades).all() or np.ptp(grades) == 0:
            came = f"shape {grades.shape}" if grades.shape != (len(columns[0]),) else "one value, or NaN"
            expected = f"y must be {len(columns[0])} numbers that are not all the same"
            raise InputError(expected, came, "give a grade for each pair")
        if self.steps < 1:
            raise InputError("steps must be above 0", str(self.steps), "20 is usual")
        cosines = self._cosines(columns)
        self.mean_, self.scale_ = cosines.mean(1), cosines.std(1)
        if not self.scale_.any():
            raise InputError("pairs must differ to one of the embedders", "equal cosines", "give other pairs")
        self.scale_[self.scale_ == 0] = 1.0
        weights = np.linspace(0, 1, self.steps + 1)
        blends = [self._mixed(cosines, weight) for weight in weights]
        self.correlations_ = np.array([_spearman(grades, one) for one in blends])
        self.weight_ = float(weights[int(np.nanargmax(self.correlations_))])
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return how alike pairs are, more for more alike.

        Args:
            X: rows of two texts.

        Raises:
            InputError: when X has another form.
        """
        check_is_fitted(self)
        return self._mixed(self._cosines(columns_of(X)), self.weight_)

    def _mixed(self, cosines: NDArray[np.float64], weight: float) -> NDArray[np.float64]:
        first, second = (cosines - self.mean_[:, None]) / self.scale_[:, None]
        mixed: NDArray[np.float64] = weight * first + (1 - weight) * second
        return mixed

    def _cosines(self, columns: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        return np.stack(
            [_cosine(*(one.transform(column) for column in columns)) for one in (self.first, self.second)]
        )


def _cosine(first: Any, second: Any) -> NDArray[np.float64]:
    one, other = (
        np.asarray(x.todense() if hasattr(x, "todense") else x, np.float64) for x in (first, second)
    )
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosines: NDArray[np.float64] = (one * other).sum(1) / np.where(lengths > 0, lengths, 1.0)
    return cosines


def _spearman(grades: NDArray[np.float64], scores: NDArray[np.float64]) -> float:
    return float(spearmanr(grades, scores).statistic) if np.ptp(scores) > 0 else np.nan
