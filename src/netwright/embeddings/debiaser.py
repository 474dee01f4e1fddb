"""Debiaser: a direction that pairs of words share, such as gender, is found and taken out of word vectors."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError
from netwright.embeddings.vectors.word_vectors import WordVectors

GENDER_PAIRS = (
    ("woman", "man"), ("girl", "boy"), ("she", "he"), ("mother", "father"), ("daughter", "son"),
    ("gal", "guy"), ("female", "male"), ("her", "his"), ("herself", "himself"), ("mary", "john"),
)  # fmt: skip
"""The ten pairs by which the paper defines gender in English."""


@final
@dataclass(eq=False, repr=False)
class Debiaser(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A direction of bias, found by the principal component of pairs about their means, and its removal.

    Use it before word vectors go into a program that must not tell people apart by the direction: words that
    are not about it lose it (neutralise), and pairs come to differ in nothing else, so that every neutral
    word is as near to the one as to the other (equalise). What correlates with the
    direction otherwise stays, and can be learned from; `weat_effect_size` measures some of it.

        B          first components of the rows (u_w - mean of its set) / sqrt(size of its set)
        neutralise u - u_B, made a unit vector
        equalise   v + sqrt(1 - |v|^2) (u_B - m_B) / |u_B - m_B|,   v = m - m_B, m the mean of the set

    Args:
        pairs: words that differ in the direction, as `GENDER_PAIRS`; sets of three and more do, too.
        equalise: sets of words that are to differ in the direction alone; None takes the pairs.
        keep: words that are about the direction, such as "king", and are not neutralised; those of pairs and
            of equalise never are.
        n_directions: components of the subspace.

    Raises:
        InputError: when there are no pairs, a set has one word, or all words of the pairs have one vector.
        UnknownWordError: names words of pairs or equalise that the vectors do not have.

    Example:
        >>> rows = [[1, 1, 0], [-1, 1, 0], [1, 0, 2], [1, 0, 0.5], [-1, 0, 0.5]]
        >>> vectors = WordVectors(["she", "he", "nurse", "woman", "man"], rows)
        >>> debiaser = Debiaser([("she", "he"), ("woman", "man")]).fit(vectors)
        >>> debiaser.direct_bias(vectors, ["nurse"]) > 0.4
        True
        >>> debiaser.direct_bias(debiaser.transform(vectors), ["nurse"])
        0.0

    Source:
        Bolukbasi et al. (2016), "Man is to Computer Programmer as Woman is to Homemaker? Debiasing Word
        Embeddings", arXiv:1607.06520.
    """

    pairs: Sequence[Sequence[str]] = GENDER_PAIRS
    equalise: Sequence[Sequence[str]] | None = None
    keep: Collection[str] = ()
    n_directions: int = 1

    def fit(self, X: WordVectors, y: Any = None) -> Self:
        """Find the direction.

        Args:
            X: word vectors.
            y: not used.
        """
        if not len(self.pairs):
            raise InputError(
                "pairs must hold pairs of words", "none", "name words that differ in the direction"
            )
        sets = [_unit_rows(X, words) for words in self.pairs]
        rows = np.concatenate([(one - one.mean(axis=0)) / np.sqrt(len(one)) for one in sets])
        _, sizes, components = np.linalg.svd(rows, full_matrices=False)
        if not 1 <= self.n_directions <= int((sizes > 1e-6).sum()):
            raise InputError(
                "n_directions must be from 1 to the rank of the pairs' differences",
                f"{self.n_directions}, of a rank of {int((sizes > 1e-6).sum())}",
                "lower it, or give pairs that differ",
            )
        ahead = sets[0][0] - sets[0][1]
        directions = components[: self.n_directions]
        self.directions_ = directions * np.where(directions @ ahead < 0, -1, 1)[:, None]
        self.explained_ = sizes**2 / (sizes**2).sum()
        return self

    def transform(self, X: WordVectors) -> WordVectors:
        """Return unit vectors without the direction, but for words that are about it.

        Args:
            X: word vectors of the width that was fitted.
        """
        check_is_fitted(self)
        self._check_width(X)
        sets = self.pairs if self.equalise is None else self.equalise
        rows = X.normalised.astype(np.float64)
        bound = {word for words in [*self.pairs, *sets] for word in words} | set(self.keep)
        neutral = np.array([word not in bound for word in X.words], bool)
        rows[neutral] = _units(self._rest(rows[neutral]))
        for words in sets:
            ids = X.vocabulary.ids(words)
            rows[ids] = self._equal(rows[ids], words)
        return WordVectors(X.vocabulary, rows.astype(np.float32))

    def direct_bias(self, X: WordVectors, words: Sequence[str], strictness: float = 1.0) -> float:
        """Return how far words that should be neutral lie along the direction: 0 is not at all, 1 wholly.

        mean over w of |cos(u_w, its projection)| ** strictness

        Args:
            X: word vectors, as they were or debiased.
            words: that should be neutral, such as names of professions.
            strictness: 0 counts every word that is biased at all alike; 1 is usual.
        """
        check_is_fitted(self)
        self._check_width(X)
        along = np.linalg.norm(_unit_rows(X, words, least=1) @ self.directions_.T, axis=1)
        return float(np.where(along < 1e-7, 0.0, along**strictness).mean())

    def _rest(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """What of vectors is not along the directions; taken twice, so that rounding leaves nothing."""
        for _ in range(2):
            rows = rows - rows @ self.directions_.T @ self.directions_
        return rows

    def _equal(self, rows: NDArray[np.float64], words: Sequence[str]) -> NDArray[np.float64]:
        shared = self._rest(rows.mean(axis=0))
        along = (rows - rows.mean(axis=0)) @ self.directions_.T @ self.directions_
        sizes = np.linalg.norm(along, axis=1, keepdims=True)
        if (sizes < 1e-9).any():
            raise InputError(
                "words to equalise must differ in the direction", ", ".join(words), "leave this set out"
            )
        return np.asarray(shared + np.sqrt(max(0.0, 1 - float(shared @ shared))) * along / sizes)

    def _check_width(self, X: WordVectors) -> None:
        if X.width != self.directions_.shape[1]:
            raise InputError(
                f"vectors must be {self.directions_.shape[1]} wide, as fitted", str(X.width), "fit anew"
            )


def weat_effect_size(
    vectors: WordVectors,
    targets: tuple[Sequence[str], Sequence[str]],
    attributes: tuple[Sequence[str], Sequence[str]],
) -> float:
    """Return how much more one set of words goes with an attribute than another set does (WEAT).

    Use it to measure a bias that people show in the implicit association test, before and after debiasing:
    do flowers go with pleasant words, and insects with unpleasant ones? 0 is no bias, 0.8 is called large.

        s(w)   mean over a of cos(w, a) - mean over b of cos(w, b)
        effect (mean over x of s(x) - mean over y of s(y)) / standard deviation of s over x and y

    Args:
        vectors: known words.
        targets: two sets of words, x and y.
        attributes: two sets of words, a and b.

    Raises:
        InputError: when a set is empty.
        UnknownWordError: names unknown words, and those of a like spelling.

    Example:
        >>> rows = [[1, 0], [1, 0.2], [0, 1], [0.2, 1], [1, 0.1], [0.1, 1]]
        >>> known = WordVectors(["rose", "lily", "ant", "flea", "love", "filth"], rows)
        >>> round(weat_effect_size(known, (["rose", "lily"], ["ant", "flea"]), (["love"], ["filth"])), 1)
        1.7

    Source:
        Caliskan, Bryson and Narayanan (2017), "Semantics derived automatically from language corpora contain
        human-like biases", arXiv:1608.07187.
    """
    x, y = (_unit_rows(vectors, words, least=1) for words in targets)
    a, b = (_unit_rows(vectors, words, least=1) for words in attributes)
    of_x, of_y = ((rows @ a.T).mean(axis=1) - (rows @ b.T).mean(axis=1) for rows in (x, y))
    spread = np.concatenate([of_x, of_y]).std(ddof=1)
    return float((of_x.mean() - of_y.mean()) / spread) if spread > 0 else 0.0


def _unit_rows(vectors: WordVectors, words: Sequence[str], least: int = 2) -> NDArray[np.float64]:
    if isinstance(words, str) or len(words) < least:
        raise InputError(f"each set must hold {least} words or more", repr(words), "name them in a list")
    return vectors.normalised[vectors.vocabulary.ids(words)].astype(np.float64)


def _units(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(norms > 0, norms, 1))
