"""FastText's classifier: a linear model on the mean of learned vectors of words and n-grams."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import log_expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError
from netwright.data import TokenStream, encode_corpus, read_corpus
from netwright.text.bag_kernel import classify
from netwright.training.hogwild import HuffmanTree, kept_state, no_tree, run_epochs, seed_of, sigmoid_table
from netwright.training.hogwild.bags import parts_of


@final
@dataclass(eq=False, repr=False)
class FastTextClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classifier of texts whose cost is that of a mean of vectors, however many texts there are.

    The mean h of the vectors of a text's words and n-grams tells its class by softmax(U h), or, with
    `class_tree`, along Huffman's tree over the classes, whose cost grows with the logarithm of their number.

    Args:
        width: numbers in a vector.
        word_ngrams: words of the longest n-gram; 1 for words alone.
        buckets: into which n-grams are hashed.
        class_tree: whether classes are told along a tree; for hundreds of classes and more.
        min_count: rarer words are left out.
        epochs: passes over the texts, in a new order each.
        learning_rate: at first; it falls in a straight line to 0.
        callback: is given an `EpochReport` after each epoch; if it returns True, the training ends.
        n_threads: that share the vectors without locks; one repeats to the last bit.
        random_state: seed.

    Example:
        >>> from netwright.text import FastTextClassifier
        >>> texts, labels = ["cats and dogs", "iron and gold"] * 30, ["pets", "metals"] * 30
        >>> model = FastTextClassifier(width=8, min_count=1, buckets=100, epochs=20, random_state=0)
        >>> model.fit(texts, labels).predict(["a dog of gold", "the cats"]).tolist()
        ['metals', 'pets']

    Source:
        Joulin, Grave, Bojanowski and Mikolov (2017), "Bag of Tricks for Efficient Text Classification",
        arXiv:1607.01759
    """

    width: int = 100
    word_ngrams: int = 1
    buckets: int = 2_000_000
    class_tree: bool = False
    min_count: int = 1
    epochs: int = 5
    learning_rate: float = 0.5
    callback: Any = None
    n_threads: int = 1
    random_state: Any = None

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from texts and their classes.

        Args:
            X: texts or lists of tokens.
            y: (texts,), of two classes at least.

        Raises:
            CorpusError: when the texts cannot be read, or no word comes often enough.
            InputError: when there are not as many classes as texts, or there is one class alone.
        """
        vocabulary, stream = read_corpus(X, min_count=self.min_count)
        self.classes_, labels = np.unique(np.asarray(y), return_inverse=True)
        if len(labels) != stream.n_sentences:
            raise InputError(
                "y must hold a class for each text",
                f"{len(labels)} for {stream.n_sentences}",
                "give one each",
            )
        if len(self.classes_) < 2:
            raise InputError(
                "y must hold two classes or more", str(self.classes_.tolist()), "give other texts"
            )
        self.vocabulary_ = vocabulary
        self._learn(stream, labels.astype(np.int64), seed_of(self))
        return self

    def _learn(self, stream: TokenStream, labels: NDArray[np.int64], seed: int) -> None:
        rows, starts = self._bags(stream)
        n_rows = len(self.vocabulary_) + (self.buckets if self.word_ngrams > 1 else 0)
        table = np.random.default_rng(seed).random((n_rows, self.width), np.float32)
        table = (table * 2 - 1) / np.float32(self.width)
        self.tree_ = HuffmanTree(np.bincount(labels)) if self.class_tree else None
        tree = self.tree_.arrays if self.tree_ is not None else no_tree()
        outputs = np.zeros((len(self.classes_), self.width), np.float32)
        n_texts, n_words = len(labels), len(rows) + len(labels)
        orders = [np.random.default_rng([seed, epoch]).permutation(n_texts) for epoch in range(self.epochs)]
        kernel: Any = classify

        def work(begin: int, end: int, _: int, counts: Any, place: int, before: int) -> tuple[float, int]:
            told: tuple[float, int] = kernel(
                begin, end, counts, place, before, orders[before // n_words], rows, starts, labels, table,
                outputs, tree, sigmoid_table(), self.learning_rate, self.epochs * n_words,
            )  # fmt: skip
            return told

        cuts = np.unique(np.linspace(0, n_texts, 8 * self.n_threads + 1).astype(int)).tolist()
        read = (self.vocabulary_.words, list(map(str, self.classes_)), stream.ids, labels)
        tables = {"table": table, "outputs": outputs}
        self.history_ = run_epochs(
            work, cuts, n_words=n_words, epochs=range(self.epochs), n_threads=self.n_threads, seed=seed,
            callback=self.callback,
            kept=kept_state(self, read, tables, n_threads=self.n_threads, seed=seed),
        )  # fmt: skip
        self.vectors_, self.outputs_ = table, outputs

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the mean vector of each text's known words and n-grams; zeros for a text without any.

        Args:
            X: texts or lists of tokens.

        Returns:
            (texts, width).
        """
        check_is_fitted(self)
        rows, starts = self._bags(encode_corpus(X, self.vocabulary_))
        lengths = np.diff(starts)
        shares = np.repeat(1.0 / np.maximum(lengths, 1), lengths).astype(np.float32)
        counts = csr_matrix((shares, rows, starts), shape=(len(lengths), len(self.vectors_)))
        out: NDArray[np.float32] = np.asarray(counts @ self.vectors_, np.float32)
        return out

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return (texts, classes): the probability of each class.

        Args:
            X: texts or lists of tokens.
        """
        scores = (self.transform(X) @ self.outputs_.T).astype(np.float64)
        if self.tree_ is None:
            told: NDArray[np.float64] = softmax(scores, axis=1)
            return told
        tree, shape = self.tree_, (len(self.classes_), scores.shape[1])
        ways = [csr_matrix((tree.turns == turn, tree.nodes, tree.starts), shape=shape) for turn in (0, 1)]
        along: NDArray[np.float64] = np.exp(log_expit(scores) @ ways[0].T + log_expit(-scores) @ ways[1].T)
        return along

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the likeliest class of each text.

        Args:
            X: texts or lists of tokens.
        """
        check_is_fitted(self)
        likeliest: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(1)]
        return likeliest

    def _bags(self, stream: TokenStream) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        kernel: Any = parts_of
        ends, longest = stream.ends, max(1, self.word_ngrams)
        rows, starts = np.empty(len(stream.ids) * longest, np.int64), np.zeros(len(ends) + 1, np.int64)
        kernel(stream.ids, ends, longest, len(self.vocabulary_), self.buckets, rows, starts)
        return rows[: starts[-1]], starts
