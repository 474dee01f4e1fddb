"""CrossLingualMapper: word vectors of two languages in one space, by a rotation, and translation in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError
from netwright.embeddings.vectors.word_vectors import WordVectors

CELLS = 1 << 24
"""Similarities that are held at once."""


@final
@dataclass(eq=False, repr=False)
class CrossLingualMapper(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A rotation that brings word vectors of one language into the space of another.

    Use it to translate words, or to use a model that was trained on the vectors of one language with those of
    another. A few hundred pairs of words show the rotation (orthogonal Procrustes); then words that are each
    other's best translations show it again, a few times over. Neighbours are found by CSLS, which takes from
    the similarity of two words how near each is to everything, so that no word is the translation of all.

        R = U V',  U S V' = svd(X' Y)                   X, Y unit vectors of the pairs
        CSLS(x, y) = 2 cos(x R, y) - r(x) - r(y)        r: mean cosine with the nearest words over there

    Args:
        lexicon: pairs (word, its translation); those with unknown words are passed over. None takes the words
            that both languages write alike.
        n_refinements: how often the rotation is found anew.
        n_frequent: words of each language among which pairs for that are looked for.
        n_neighbours: nearest words of the mean cosines.

    Raises:
        InputError: when widths differ, or fewer than two pairs are known.

    Example:
        >>> rows = np.random.default_rng(0).normal(size=(40, 4))
        >>> english = WordVectors([f"word{i}" for i in range(40)], rows)
        >>> german = WordVectors([f"wort{i}" for i in range(40)], rows[:, ::-1])
        >>> lexicon = [(f"word{i}", f"wort{i}") for i in range(8)]
        >>> mapper = CrossLingualMapper(lexicon).fit(english, german)
        >>> mapper.translate(["word30"], n=1)[0][0][0]
        'wort30'

    Source:
        Conneau et al. (2017), "Word Translation Without Parallel Data", arXiv:1710.04087; Schönemann (1966),
        "A Generalized Solution of the Orthogonal Procrustes Problem", doi:10.1007/BF02289451.

    Differs:
        The paper finds its first pairs without a lexicon, by an adversary; here they are given.
    """

    lexicon: Sequence[tuple[str, str]] | None = None
    n_refinements: int = 5
    n_frequent: int = 10_000
    n_neighbours: int = 10

    def fit(self, X: WordVectors, y: WordVectors) -> Self:
        """Find the rotation.

        Args:
            X: word vectors of the language that is mapped.
            y: word vectors of the other language, of the same width.
        """
        if X.width != y.width:
            raise InputError(
                "both languages must have vectors of one width", f"{X.width} and {y.width}", "train one anew"
            )
        pairs = self._pairs(X, y)
        self.source_, self.target_ = X, y
        self.n_pairs_ = [len(pairs)]
        self.rotation_ = self._rotation(pairs)
        for _ in range(self.n_refinements):
            pairs = self._mutual()
            if len(pairs) < 2:
                break
            self.n_pairs_.append(len(pairs))
            self.rotation_ = self._rotation(pairs)
        return self

    def transform(self, X: WordVectors) -> WordVectors:
        """Return word vectors in the space of the other language, of unit length.

        Args:
            X: word vectors of the language that is mapped.
        """
        check_is_fitted(self)
        if X.width != len(self.rotation_):
            raise InputError(
                f"vectors must be {len(self.rotation_)} wide, as fitted", str(X.width), "fit anew"
            )
        return WordVectors(X.vocabulary, X.normalised @ self.rotation_)

    def translate(self, words: Sequence[str], n: int = 5) -> list[list[tuple[str, float]]]:
        """Return the best translations of words that were fitted, each with its CSLS.

        Args:
            words: of the language that is mapped.
            n: so many translations, the best first.

        Raises:
            UnknownWordError: names unknown words, and those of a like spelling.
        """
        check_is_fitted(self)
        rows = self.source_.normalised[self.source_.vocabulary.ids(words)] @ self.rotation_
        scores = self._csls(rows, self.target_.normalised, self._hubness(self.source_.normalised))
        best = np.argsort(-scores, axis=1, kind="stable")[:, :n]
        known = self.target_.words
        return [
            [(known[column], float(scores[row, column])) for column in columns]
            for row, columns in enumerate(best.tolist())
        ]

    def precision(self, lexicon: Sequence[tuple[str, str]], n: int = 1) -> float:
        """Return the share of words of which a right translation is among the first ones.

        Args:
            lexicon: pairs (word, a right translation); a word may have several. Pairs with unknown words are
                passed over.
            n: so many translations are looked at.

        Raises:
            InputError: when no pair is known.
        """
        check_is_fitted(self)
        right: dict[str, set[str]] = {}
        for word, translation in lexicon:
            if word in self.source_ and translation in self.target_:
                right.setdefault(word, set()).add(translation)
        if not right:
            raise InputError("lexicon must hold pairs of known words", "none", "give other pairs")
        found = self.translate(list(right), n)
        hits = [any(one in right[word] for one, _ in some) for word, some in zip(right, found, strict=True)]
        return sum(hits) / len(hits)

    def _pairs(self, X: WordVectors, y: WordVectors) -> NDArray[np.int64]:
        lexicon = [(word, word) for word in X.words] if self.lexicon is None else self.lexicon
        known = [(one, other) for one, other in lexicon if one in X and other in y]
        if len(known) < 2:
            raise InputError(
                "lexicon must hold two pairs or more of known words",
                f"{len(known)} of {len(lexicon)}",
                "give pairs whose words both languages have vectors of",
            )
        first, second = (
            vectors.vocabulary.ids(side)
            for vectors, side in zip((X, y), zip(*known, strict=True), strict=True)
        )
        return np.stack([first, second], axis=1)

    def _rotation(self, pairs: NDArray[np.int64]) -> NDArray[np.float32]:
        one = self.source_.normalised[pairs[:, 0]].astype(np.float64)
        other = self.target_.normalised[pairs[:, 1]].astype(np.float64)
        left, _, right = np.linalg.svd(one.T @ other)
        return np.asarray(left @ right, np.float32)

    def _mutual(self) -> NDArray[np.int64]:
        """Frequent words that are each other's best translation."""
        ours = self.source_.normalised[: self.n_frequent] @ self.rotation_
        theirs = self.target_.normalised[: self.n_frequent]
        hub_theirs, hub_ours = self._nearness(theirs, ours), self._nearness(ours, theirs)
        forth, back = self._best(ours, theirs, hub_theirs), self._best(theirs, ours, hub_ours)
        rows = np.arange(len(ours))
        kept = back[forth] == rows
        return np.stack([rows[kept], forth[kept]], axis=1)

    def _hubness(self, ours: NDArray[np.float32]) -> NDArray[np.float32]:
        """How near each word of the other language is to the words of this one."""
        return self._nearness(self.target_.normalised, ours @ self.rotation_)

    def _nearness(self, rows: NDArray[Any], others: NDArray[Any]) -> NDArray[np.float32]:
        """Mean cosine of each row with its nearest others."""
        k = min(self.n_neighbours, len(others))
        found = np.empty(len(rows), np.float32)
        step = max(1, CELLS // len(others))
        for start in range(0, len(rows), step):
            cosines = rows[start : start + step] @ others.T
            found[start : start + step] = np.partition(cosines, len(others) - k, axis=1)[:, -k:].mean(axis=1)
        return found

    def _csls(
        self, rows: NDArray[Any], others: NDArray[Any], hubness: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        own = self._nearness(rows, others)
        return np.asarray(2 * (rows @ others.T) - own[:, None] - hubness, np.float32)

    def _best(
        self, rows: NDArray[Any], others: NDArray[Any], hubness: NDArray[np.float32]
    ) -> NDArray[np.int64]:
        """Best translation of each row; how near a row is to everything does not change which is its best."""
        found = np.empty(len(rows), np.int64)
        step = max(1, CELLS // len(others))
        for start in range(0, len(rows), step):
            scores = 2 * (rows[start : start + step] @ others.T) - hubness
            found[start : start + step] = scores.argmax(axis=1)
        return found
