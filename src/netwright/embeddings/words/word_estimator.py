"""What all estimators of word vectors share: reading, threads, seeds, and the vectors that come out."""

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError
from netwright.data import TokenStream, Vocabulary, encode_corpus, read_corpus
from netwright.embeddings.vectors.word_vectors import WordVectors
from netwright.training.hogwild import EpochReport, Work, kept_state, run_epochs, seed_of

LAST_RATE = 1e-4
"""The learning rate at the end."""
PARTS = 8
"""Parts of an epoch for each thread: whoever is done with one takes the next."""
MOST_WORDS = 500_000
"""Of a part, so that the rate falls evenly and loads are even."""
Corpus = tuple[Vocabulary, TokenStream]
"""What `netwright.data.read_corpus` returns."""


@final
@dataclass(frozen=True)
class Window:
    """How far around a word its contexts stand.

    Args:
        size: words to each side.
        dynamic: whether each window is drawn from 1 to its size, so that near words count more.

    Example:
        >>> Window(5)
        Window(size=5, dynamic=True)

    Source:
        Levy, Goldberg and Dagan (2015), "Improving Distributional Similarity with Lessons Learned from Word
        Embeddings", doi:10.1162/tacl_a_00134
    """

    size: int
    dynamic: bool = True


class WordEstimator(TransformerMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """Abstract: learns a vector for each word of a corpus.

    `fit` takes a path, a folder, texts, lists of tokens, or what `netwright.data.read_corpus` returned, where
    the text needs another tokenizer. `transform` gives the mean of the vectors of a text's words.

    Example:
        >>> WordEstimator.__abstractmethods__
        frozenset({'_learn'})
    """

    min_count: int
    n_threads: int | None
    random_state: Any

    @abstractmethod
    def _learn(self, vocabulary: Vocabulary, stream: TokenStream, seed: int) -> NDArray[np.float32]:
        """Return the vectors of all words."""

    def fit(self, X: Any, y: object = None) -> Self:
        """Learn vectors of the words of a corpus.

        Args:
            X: a path, a folder, an iterable of texts or of lists of tokens, or (vocabulary, stream) of
                `read_corpus`.
            y: has no say.

        Raises:
            CorpusError: when the corpus cannot be read, or no word comes often enough.
        """
        ready = isinstance(X, tuple) and len(X) == 2 and isinstance(X[0], Vocabulary)
        vocabulary, stream = X if ready else read_corpus(X, min_count=self.min_count)
        seed = seed_of(self)
        self.vectors_ = WordVectors(vocabulary, self._learn(vocabulary, stream, seed))
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the mean vector of each text's known words; zeros for a text without any.

        Args:
            X: texts or lists of tokens.

        Returns:
            (texts, width).
        """
        check_is_fitted(self)
        return mean_of_words(self.vectors_, encode_corpus(X, self.vectors_.vocabulary))

    def with_contexts(self) -> WordVectors:
        """Return each word's vector plus the one by which it is foretold: what it stands beside counts too.

        Raises:
            AttributeError: where words are foretold otherwise than by a vector of each, as along a tree.
        """
        check_is_fitted(self)
        if len(self.contexts_) != len(self.vectors_):
            raise AttributeError(
                "words are foretold along a tree here; output=NegativeSampling() has contexts"
            )
        return WordVectors(self.vectors_.vocabulary, self.vectors_.vectors + self.contexts_)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Return a name for each column of what `transform` gives.

        Args:
            input_features: has no say.
        """
        check_is_fitted(self)
        name = type(self).__name__.lower()
        return np.array([f"{name}{number}" for number in range(self.vectors_.width)], object)

    def most_similar(self, positive: Any, negative: Any = (), n: int = 10) -> list[tuple[str, float]]:
        """Return the nearest words, as `WordVectors.most_similar` does.

        Args:
            positive: words or vectors.
            negative: words or vectors that are taken away.
            n: at most so many.
        """
        check_is_fitted(self)
        return self.vectors_.most_similar(positive, negative, n)


def mean_of_words(vectors: WordVectors, stream: TokenStream) -> NDArray[np.float32]:
    """Return (sentences, width): the mean vector of each sentence's words, zeros for an empty one.

    Args:
        vectors: of the words.
        stream: numbers of these words.

    Example:
        >>> vectors = WordVectors(["a", "b"], [[1.0, 0.0], [0.0, 2.0]])
        >>> mean_of_words(vectors, TokenStream(np.array([0, 1, -1, -1], np.int32))).tolist()
        [[0.5, 1.0], [0.0, 0.0]]
    """
    words = stream.ids[stream.ids >= 0]
    lengths = np.diff(stream.ends, prepend=-1) - 1
    starts = np.concatenate([[0], np.cumsum(lengths)])
    shares = np.repeat(1.0 / np.maximum(lengths, 1), lengths).astype(np.float32)
    counts = csr_matrix((shares, words, starts), shape=(len(lengths), len(vectors)))
    counts.sum_duplicates()  # and so the order of words has no say, not even in the last bit
    out: NDArray[np.float32] = np.asarray(counts @ vectors.vectors, np.float32)
    return out


def threads_of(n_threads: int | None, random_state: Any) -> int:
    """Return how many threads learn: as many as said, else one where a seed is given, else one for each core.

    Threads that share weights without locks never do the same twice; a seed asks for the same.

    Args:
        n_threads: as the user said.
        random_state: as the user said.

    Raises:
        InputError: when it is no positive number.

    Example:
        >>> threads_of(None, 0), threads_of(2, 0)
        (1, 2)
    """
    if n_threads is None:
        return 1 if random_state is not None else len(os.sched_getaffinity(0))
    if n_threads < 1:
        raise InputError("n_threads must be 1 or more", str(n_threads), "leave it out for one for each core")
    return n_threads


def first_vectors(n_words: int, width: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what a training begins with: vectors drawn evenly from +-0.5 / width, and outputs of zeros.

    Args:
        n_words: rows.
        width: columns.
        seed: of the draw.
    """
    drawn = np.random.default_rng(seed).random((n_words, width), np.float32)
    drawn -= np.float32(0.5)
    drawn /= np.float32(width)
    return drawn, np.zeros((n_words, width), np.float32)


def learn_by_sentences(
    model: Any, work: Work, corpus: Corpus, seed: int, tables: dict[str, NDArray[Any]]
) -> list[EpochReport]:
    """Run the epochs of an estimator over whole sentences, which `work` is given by their numbers.

    Args:
        model: with `epochs`, `n_threads`, `random_state` and `callback`.
        work: as `run_epochs` takes it, with numbers of sentences for begin and end.
        corpus: words, and their stream.
        seed: of all random numbers.
        tables: that `work` changes, for a checkpoint.
    """
    stream, n_threads = corpus[1], threads_of(model.n_threads, model.random_state)
    cuts = np.unique(np.linspace(0, stream.n_sentences, PARTS * n_threads + 1).astype(int)).tolist()
    return _learn_in_parts(model, work, corpus, seed, tables, cuts)


def learn_in_epochs(
    model: Any, work: Work, corpus: Corpus, seed: int, tables: dict[str, NDArray[Any]]
) -> list[EpochReport]:
    """Run the epochs of an estimator over a stream of words.

    Args:
        model: with `epochs`, `n_threads`, `random_state` and `callback`.
        work: as `run_epochs` takes it.
        corpus: words, and their stream.
        seed: of all random numbers.
        tables: that `work` changes, for a checkpoint.
    """
    stream, n_threads = corpus[1], threads_of(model.n_threads, model.random_state)
    n_parts = max(PARTS * n_threads, stream.n_words // MOST_WORDS)
    return _learn_in_parts(model, work, corpus, seed, tables, stream.cuts(n_parts))


def _learn_in_parts(
    model: Any, work: Work, corpus: Corpus, seed: int, tables: dict[str, NDArray[Any]], cuts: list[int]
) -> list[EpochReport]:
    vocabulary, stream = corpus
    n_threads = threads_of(model.n_threads, model.random_state)
    read = (vocabulary.words, vocabulary.counts, stream.ids)
    return run_epochs(
        work, cuts, n_words=stream.n_words, epochs=range(model.epochs), n_threads=n_threads, seed=seed,
        callback=model.callback, kept=kept_state(model, read, tables, n_threads=n_threads, seed=seed),
    )  # fmt: skip
