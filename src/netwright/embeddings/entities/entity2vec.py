"""Vectors of entities from what is written about them, in the space of given word vectors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, final

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_expit
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError
from netwright.data import Vocabulary, encode_corpus
from netwright.embeddings.entities.entity_regression import fit_regressions
from netwright.embeddings.entities.quantised import QuantisedVectors
from netwright.embeddings.vectors.word_vectors import WordVectors

METHODS = ("logistic", "centroid")


@final
@dataclass(eq=False, repr=False)
class Entity2Vec(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Give entities vectors by the words of their descriptions, so that words of a query find them.

    Use it to link mentions in short texts, such as queries, to the entries of a knowledge base, or to place
    products, people and places beside words that were learned elsewhere. With "centroid" an entity is the
    mean direction of its words; with "logistic" it is the plane that parts its words from words drawn by
    their frequency, which tells more where descriptions are long.

        centroid:  e = normalise(sum_w n_w v_w),                 score = <e, normalise(sum_q v_q)>
        logistic:  (e, b) = argmin - sum_w n_w log sigmoid(<e, v_w> + b)
                                   - sum_r log sigmoid(-<e, v_r> - b) + penalty / width |e|^2,
                   score = sum_q log sigmoid(<e, v_q> + b)

    Args:
        words: vectors of words, with their counts, by which the others are drawn.
        method: "logistic" or "centroid".
        negatives: words drawn for each word of a description.
        penalty: on the squared length of an entity's vector.
        bits: of each number of the vectors that are kept, 2 to 8; None keeps float32.
        random_state: seed of the words that are drawn.

    Raises:
        InputError: when a description has no known word, or a setting is out of its range.

    Example:
        >>> words = WordVectors(Vocabulary(["sea", "fish", "hill", "goat"]), np.eye(4, dtype=np.float32))
        >>> entities = Entity2Vec(words, bits=8, random_state=0)
        >>> entities = entities.fit({"Shark": "a fish of the sea", "Ibex": "goat on a hill"})
        >>> entities.predict(["fish", "hill goat"]).tolist()
        ['Shark', 'Ibex']
        >>> entities.quantised_.nbytes, entities.vectors_.vectors.nbytes
        (16, 32)

    Source:
        Blanco, Ottaviano and Meij (2015), "Fast and Space-Efficient Entity Linking in Queries", WSDM,
        doi:10.1145/2684822.2685317.

    Differs:
        All regressions are solved side by side with Newton's method, where the paper solves one after the
        other with L-BFGS; the optimum is the same.
    """

    words: WordVectors
    method: Literal["logistic", "centroid"] = "logistic"
    negatives: float = 10.0
    penalty: float = 1.0
    bits: int | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Give every entity its vector.

        Args:
            X: descriptions, texts or lists of tokens; or a dictionary from entities to theirs.
            y: the entities' names, where X is no dictionary.

        Raises:
            InputError: when names are lacking or come twice, or a description has no known word.
        """
        self._check()
        names, texts = _named(X, y)
        counts = self._counts(texts)
        empty = np.flatnonzero(counts.sum(1) == 0)
        if len(empty):
            came = f"none in that of {names[int(empty[0])]!r}, one of {len(empty)} such"
            raise InputError("a description must have a known word", came, "leave it out, or tell more")
        vectors, self.biases_ = self._solve(counts)
        self.quantised_: QuantisedVectors | None = None
        if self.bits is not None:
            self.quantised_ = QuantisedVectors.of(vectors, self.bits)
            vectors = self.quantised_.decode()
        self.vectors_ = WordVectors(Vocabulary(names), vectors)
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the score of each entity for each text, (texts, entities); 0 where no word is known.

        Args:
            X: queries, texts or lists of tokens.
        """
        check_is_fitted(self)
        counts = self._counts(_texts(X))
        known, vectors = self.words.vectors, self.vectors_.vectors
        scores: NDArray[np.float32]
        if self.method == "centroid":
            scores = _unit(counts @ known) @ vectors.T
            return scores
        used = np.asarray(counts.sum(0)).ravel() > 0
        fits = log_expit(known[used] @ vectors.T + self.biases_)
        scores = np.asarray(counts[:, used] @ fits, np.float32)
        return scores

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the entity that fits each text best.

        Args:
            X: queries, texts or lists of tokens.
        """
        best: NDArray[Any] = np.array(self.vectors_.words)[self.transform(X).argmax(1)]
        return best

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the output columns: the entities.

        Args:
            input_features: passed over.
        """
        check_is_fitted(self)
        return np.array(self.vectors_.words, dtype=object)

    def _counts(self, texts: Sequence[Any]) -> Any:
        """How often each text has each word, as a sparse matrix."""
        from scipy.sparse import csr_array

        ids = encode_corpus(texts, self.words.vocabulary).ids
        rows = np.cumsum(ids < 0)[ids >= 0]
        shape = (len(texts), len(self.words))
        counts = csr_array((np.ones(len(rows), np.float32), (rows, ids[ids >= 0])), shape=shape)
        counts.sum_duplicates()
        return counts

    def _solve(self, counts: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if self.method == "centroid":
            return _unit(counts @ self.words.vectors), np.zeros(counts.shape[0], np.float32)
        return fit_regressions(
            self.words.vectors,
            self.words.vocabulary.counts,
            counts,
            negatives=self.negatives,
            penalty=self.penalty,
            random=check_random_state(self.random_state),
        )

    def _check(self) -> None:
        if not isinstance(self.words, WordVectors):
            raise InputError("words must be WordVectors", type(self.words).__name__, "learn or load some")
        if self.method not in METHODS:
            raise InputError(f"method must be one of {', '.join(METHODS)}", repr(self.method), "choose one")
        if not (self.negatives > 0 and self.penalty > 0):
            came = f"negatives={self.negatives}, penalty={self.penalty}"
            raise InputError("negatives and penalty must be above 0", came, "10 and 1 are usual")


def _named(X: Any, y: Any) -> tuple[list[str], list[Any]]:
    if isinstance(X, dict):
        return [str(name) for name in X], list(X.values())
    texts = _texts(X)
    if y is None or len(list(y)) != len(texts):
        came = "None" if y is None else str(len(list(y)))
        raise InputError(f"y must name the {len(texts)} entities", came, "give one name for each text")
    return [str(name) for name in y], texts


def _texts(X: Any) -> list[Any]:
    if isinstance(X, str | bytes) or not isinstance(X, Iterable):
        expected = "X must be an iterable of texts or of lists of tokens"
        raise InputError(expected, type(X).__name__, "put one text in a list")
    return list(X)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.asarray(vectors / np.maximum(norms, 1e-12), np.float32)
    return unit
