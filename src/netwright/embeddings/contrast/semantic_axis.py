"""A direction between two kinds of words, such as good and bad, found from a few of each."""

from collections.abc import Iterable
from typing import final

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError
from netwright.embeddings.vectors.word_vectors import WordVectors


@final
class SemanticAxis:
    """The direction from one kind of words to its opposite, and where words stand on it.

    Use it to score words, or texts by their mean vectors, from bad to good, cold to warm, poor to rich, when
    all that is known is a few words of each kind. Vectors of `LexicalContrast` keep opposites farther apart.

        axis = mean of the positive words' vectors - mean of the negative words',   score(w) = cos(v_w, axis)

    Args:
        vectors: of words.
        positive: words of one kind.
        negative: words of the opposite kind.

    Raises:
        UnknownWordError: names words that have no vector, and words of a like spelling.
        InputError: when a kind has no words, or both have the same mean.

    Example:
        >>> space = [[1.0, 0.2], [-1.0, 0.1], [0.8, 0.5], [-0.7, 0.4]]
        >>> axis = SemanticAxis(WordVectors(["good", "bad", "nice", "nasty"], space), ["good"], ["bad"])
        >>> axis.score(["nice", "nasty"]).round(2), axis.extremes(n=1)
        (array([ 0.87, -0.84], dtype=float32), (['good'], ['bad']))

    Source:
        An, Kwak and Ahn (2018), "SemAxis: A Lightweight Framework to Characterize Domain-Specific Word
        Semantics Beyond Sentiment", arXiv:1806.05521.
    """

    def __init__(self, vectors: WordVectors, positive: Iterable[str], negative: Iterable[str]) -> None:
        ends = {"positive": list(positive), "negative": list(negative)}
        for name, words in ends.items():
            if not words:
                raise InputError(f"{name} must have words", "none", "give one or more of each kind")
        between = vectors[ends["positive"]].mean(axis=0) - vectors[ends["negative"]].mean(axis=0)
        length = float(np.linalg.norm(between))
        if not length > 0:
            raise InputError("positive and negative must differ", "one mean vector", "give other words")
        self.vectors = vectors
        self.direction: NDArray[np.float32] = (between / length).astype(np.float32)

    def score(self, words: Iterable[str]) -> NDArray[np.float32]:
        """Return where words stand, from -1, the negative end, to 1.

        Args:
            words: that have a vector.

        Raises:
            UnknownWordError: names words that have none.
        """
        numbers = self.vectors.vocabulary.ids(words)
        scores: NDArray[np.float32] = self.vectors.normalised[numbers] @ self.direction
        return scores

    def extremes(self, n: int = 10) -> tuple[list[str], list[str]]:
        """Return the words that stand farthest towards either end, the farthest first.

        Args:
            n: so many for each end.
        """
        order = np.argsort(-(self.vectors.normalised @ self.direction), kind="stable")
        names = [self.vectors.words[number] for number in order.tolist()]
        return names[:n], names[::-1][:n]
