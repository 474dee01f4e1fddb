"""Sent2vec: a sentence is the mean of its words and n-grams, trained to tell its own words."""

from dataclasses import dataclass, field
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from netwright.data import TokenStream, Vocabulary, encode_corpus, read_corpus
from netwright.embeddings.vectors.word_vectors import WordVectors
from netwright.embeddings.words.outputs import NegativeSampling
from netwright.embeddings.words.sentence_kernels import sent2vec
from netwright.embeddings.words.windows import keep_thresholds
from netwright.embeddings.words.word_estimator import first_vectors, learn_by_sentences
from netwright.training.hogwild import seed_of, sigmoid_table
from netwright.training.hogwild.bags import parts_of


@final
@dataclass(eq=False, repr=False)
class Sent2Vec(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Vectors of sentences as means of learned vectors of words and n-grams of words.

    Use it where means of word2vec's vectors would do: here the mean itself is what learns. With the parts
    R(S) of a sentence S (words and n-grams), the mean of all parts but w tells each word w of S from k drawn
    words, which come in proportion to the square root of their counts.

    Args:
        width: numbers in a vector.
        word_ngrams: words of the longest n-gram; 1 for words alone.
        buckets: into which n-grams are hashed; those of one bucket share a vector.
        output: how many words a right one is told from, and how they are drawn.
        min_count: rarer words are left out.
        epochs: passes over the corpus.
        learning_rate: at first; it falls in a straight line to 0.
        callback: is given an `EpochReport` after each epoch; if it returns True, the training ends.
        n_threads: that share the vectors without locks; by default one where `random_state` is given, else
            one for each core.
        random_state: seed.

    Example:
        >>> from netwright.embeddings import Sent2Vec
        >>> texts = ["cats and dogs are pets", "iron and gold are metals"] * 50
        >>> Sent2Vec(width=8, buckets=100, min_count=1, epochs=1, random_state=0).fit_transform(texts).shape
        (100, 8)

    Source:
        Pagliardini, Gupta and Jaggi (2018), "Unsupervised Learning of Sentence Embeddings using Compositional
        n-Gram Features", arXiv:1703.02507

    Differs:
        All words of a sentence are told by the vectors as they were at its beginning, and no n-grams are
        dropped.
    """

    width: int = 100
    word_ngrams: int = 2
    buckets: int = 500_000
    output: NegativeSampling = field(default_factory=lambda: NegativeSampling(10, 0.5))
    min_count: int = 5
    epochs: int = 5
    learning_rate: float = 0.2
    callback: Any = None
    n_threads: int | None = None
    random_state: Any = None

    def fit(self, X: Any, y: object = None) -> Self:
        """Learn vectors of words and n-grams.

        Args:
            X: texts or lists of tokens, a path, or what `netwright.data.read_corpus` returned.
            y: has no say.

        Raises:
            CorpusError: when the corpus cannot be read, or no word comes often enough.
        """
        ready = isinstance(X, tuple) and len(X) == 2 and isinstance(X[0], Vocabulary)
        vocabulary, stream = X if ready else read_corpus(X, min_count=self.min_count)
        seed = seed_of(self)
        table = first_vectors(len(vocabulary) + self.buckets, self.width, seed)[0]
        contexts = np.zeros((len(vocabulary), self.width), np.float32)
        ends, keep = stream.ends, keep_thresholds(vocabulary.counts, 0)
        plan = (self.learning_rate, 0.0, max(1, self.epochs * stream.n_words), self.callback is not None)
        drawing = self.output.tables(vocabulary.counts)
        kernel: Any = sent2vec

        def work(*part: Any) -> tuple[float, int]:
            told: tuple[float, int] = kernel(
                stream.ids, *part, table, contexts, keep, drawing, sigmoid_table(), self.word_ngrams,
                self.buckets, ends, self.output.n, *plan,
            )  # fmt: skip
            return told

        tables = {"table": table, "contexts": contexts}
        self.history_ = learn_by_sentences(self, work, (vocabulary, stream), seed, tables)
        self.vectors_ = WordVectors(vocabulary, table[: len(vocabulary)].copy())
        self.ngrams_ = table[len(vocabulary) :].copy()
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the mean vector of each text's known words and n-grams; zeros for a text without any.

        Args:
            X: texts or lists of tokens.

        Returns:
            (texts, width).
        """
        check_is_fitted(self)
        rows, starts = self._parts(encode_corpus(X, self.vectors_.vocabulary))
        lengths = np.diff(starts)
        shares = np.repeat(1.0 / np.maximum(lengths, 1), lengths).astype(np.float32)
        table = np.concatenate([self.vectors_.vectors, self.ngrams_])
        counts = csr_matrix((shares, rows, starts), shape=(len(lengths), len(table)))
        out: NDArray[np.float32] = np.asarray(counts @ table, np.float32)
        return out

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Return a name for each column of what `transform` gives.

        Args:
            input_features: has no say.
        """
        return np.array([f"sent2vec{number}" for number in range(self.width)], object)

    def _parts(self, stream: TokenStream) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of the parts of all sentences, and where those of each begin."""
        kernel: Any = parts_of
        ends = stream.ends
        rows, starts = (
            np.empty(len(stream.ids) * self.word_ngrams, np.int64),
            np.zeros(len(ends) + 1, np.int64),
        )
        kernel(stream.ids, ends, self.word_ngrams, len(self.vectors_), self.buckets, rows, starts)
        return rows[: starts[-1]], starts
