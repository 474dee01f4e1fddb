"""Paragraph vectors: each document has a vector that helps to tell its words."""

from dataclasses import dataclass, field
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from netwright.data import TokenStream, Vocabulary, encode_corpus, read_corpus
from netwright.embeddings.vectors.word_vectors import WordVectors
from netwright.embeddings.words.outputs import NegativeSampling
from netwright.embeddings.words.paragraph_kernel import paragraphs
from netwright.embeddings.words.windows import keep_thresholds
from netwright.embeddings.words.word_estimator import LAST_RATE, PARTS, first_vectors, threads_of
from netwright.training.hogwild import kept_state, run_epochs, seed_of, sigmoid_table


@final
@dataclass(eq=False, repr=False)
class Doc2Vec(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Vectors of documents that are learned together with those of words.

    Documents come in a new order in each epoch. With `with_words` it is PV-DM: the mean of the document's
    vector and those of the words around tells the word in their middle. Without, it is PV-DBOW: the
    document's vector alone tells its words, which is quicker and often as good.

    Args:
        width: numbers in a vector.
        window: words to each side that help to tell a word, drawn from 1 to this number; in PV-DM alone.
        with_words: PV-DM rather than PV-DBOW.
        output: how many words a right one is told from, and how they are drawn.
        min_count: rarer words are left out.
        epochs: passes over the documents, and over new texts in `transform`.
        learning_rate: at first; it falls in a straight line to 0.0001. The default is 0.2 for PV-DM, whose
            error is divided among the words of a window, and 0.05 for PV-DBOW.
        callback: is given an `EpochReport` after each epoch; if it returns True, the training ends.
        n_threads: that share the vectors without locks; by default one where `random_state` is given, so that
            the result repeats to the last bit, else one for each core.
        random_state: seed.

    Example:
        >>> from netwright.embeddings import Doc2Vec
        >>> texts = ["cats and dogs are pets", "iron and gold are metals"] * 50
        >>> model = Doc2Vec(width=8, min_count=1, epochs=2, random_state=0).fit(texts)
        >>> model.documents_.shape, model.transform(["gold and dogs"]).shape
        ((100, 8), (1, 8))

    Source:
        Le and Mikolov (2014), "Distributed Representations of Sentences and Documents", arXiv:1405.4053
    """

    width: int = 100
    window: int = 5
    with_words: bool = True
    output: NegativeSampling = field(default_factory=NegativeSampling)
    min_count: int = 5
    epochs: int = 10
    learning_rate: float | None = None
    callback: Any = None
    n_threads: int | None = None
    random_state: Any = None

    def fit(self, X: Any, y: object = None) -> Self:
        """Learn the vectors of documents and of their words.

        Args:
            X: texts or lists of tokens, one for each document; a path, whose lines are documents; or what
                `netwright.data.read_corpus` returned.
            y: has no say.

        Raises:
            CorpusError: when the corpus cannot be read, or no word comes often enough.
        """
        ready = isinstance(X, tuple) and len(X) == 2 and isinstance(X[0], Vocabulary)
        vocabulary, stream = X if ready else read_corpus(X, min_count=self.min_count)
        seed = seed_of(self)
        words, contexts = first_vectors(len(vocabulary), self.width, seed)
        self.vectors_ = WordVectors(vocabulary, words)
        self.contexts_ = contexts
        self.documents_ = self._learn(stream, words, seed + 1, learn_words=True)
        self.seed_ = seed
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return vectors of new texts, learned while all words stay as they are; equal texts get equal ones.

        Args:
            X: texts or lists of tokens.

        Returns:
            (texts, width).
        """
        check_is_fitted(self)
        stream = encode_corpus(X, self.vectors_.vocabulary)
        return self._learn(stream, self.vectors_.vectors, self.seed_, learn_words=False)

    def fit_transform(self, X: Any, y: object = None) -> NDArray[np.float32]:
        """Learn, and return the vectors that the documents have got.

        Args:
            X: as for `fit`.
            y: has no say.
        """
        return self.fit(X).documents_

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Return a name for each column of what `transform` gives.

        Args:
            input_features: has no say.
        """
        return np.array([f"doc2vec{number}" for number in range(self.width)], object)

    def _learn(
        self, stream: TokenStream, words: NDArray[np.float32], seed: int, *, learn_words: bool
    ) -> NDArray[np.float32]:
        ends = stream.ends
        documents = first_vectors(len(ends) if learn_words else 1, self.width, seed)[0]
        documents = documents if learn_words else np.repeat(documents, len(ends), axis=0)
        counts = self.vectors_.vocabulary.counts
        drawing, keep = self.output.tables(counts), keep_thresholds(counts, 0)
        n_threads = threads_of(self.n_threads, self.random_state)
        total = max(1, self.epochs * stream.n_words) if learn_words else self.epochs
        usual = 0.2 if self.with_words else 0.05
        rate = usual if self.learning_rate is None else self.learning_rate
        plan = (rate, LAST_RATE, total, self.callback is not None)
        orders = [np.random.default_rng([seed, epoch]).permutation(len(ends)) for epoch in range(self.epochs)]

        kernel: Any = paragraphs

        def work(begin: int, end: int, seed: int, counts: Any, place: int, before: int) -> tuple[float, int]:
            epoch = before // max(1, stream.n_words)
            before, order = before if learn_words else epoch, orders[epoch]
            told: tuple[float, int] = kernel(
                stream.ids, begin, end, seed, counts, place, before, documents, order, ends, words,
                self.contexts_, keep, drawing, sigmoid_table(), self.window, self.with_words, self.output.n,
                not learn_words, *plan,
            )  # fmt: skip
            return told

        cuts = np.unique(np.linspace(0, len(ends), PARTS * n_threads + 1).astype(int)).tolist()
        tables = {"documents": documents, "words": words, "contexts": self.contexts_}
        read = (self.vectors_.words, counts, stream.ids)
        of_fit = kept_state(self, read, tables, n_threads=n_threads, seed=seed - 1) if learn_words else None
        history = run_epochs(
            work, cuts, n_words=stream.n_words, epochs=range(self.epochs), n_threads=n_threads, seed=seed,
            callback=self.callback if learn_words else None, kept=of_fit,
        )  # fmt: skip
        if learn_words:
            self.history_ = history
        return documents
