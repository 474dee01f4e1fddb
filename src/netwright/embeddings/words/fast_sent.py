"""FastSent: the sum of a sentence's words tells the words of the sentences beside it."""

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from netwright.data import TokenStream, Vocabulary, encode_corpus
from netwright.embeddings.words.outputs import HierarchicalSoftmax, NegativeSampling
from netwright.embeddings.words.sentence_kernels import fast_sent
from netwright.embeddings.words.word_estimator import (
    LAST_RATE,
    WordEstimator,
    first_vectors,
    learn_by_sentences,
    mean_of_words,
)
from netwright.training.hogwild import no_tree, sigmoid_table


@final
@dataclass(eq=False, repr=False)
class FastSent(WordEstimator):
    """Vectors of sentences as sums of learned vectors of words; the order of words has no say.

    Texts have to come in their order, as sentences of stories do. The inner product of a sentence's sum with
    the vector of each word of the sentences before and after it is made large by a softmax over all words:
    the exact one along Huffman's tree, or one against drawn words.

    Args:
        width: numbers in a vector.
        output: how a word is told: `HierarchicalSoftmax()` or `NegativeSampling()`.
        own_words: whether a sentence tells its own words as well (FastSent+AE).
        min_count: rarer words get no vector.
        epochs: passes over the corpus.
        learning_rate: at first; it falls in a straight line to 0.0001.
        callback: is given an `EpochReport` after each epoch; if it returns True, the training ends.
        n_threads: that share the vectors without locks; by default one where `random_state` is given, else
            one for each core.
        random_state: seed.

    Example:
        >>> from netwright.embeddings import FastSent
        >>> story = ["the cat sleeps", "it purrs", "the dog barks", "it runs"] * 20
        >>> model = FastSent(width=8, min_count=1, epochs=1, random_state=0).fit(story)
        >>> bool((model.transform(["the cat"]) == model.transform(["cat the"])).all())
        True

    Source:
        Hill, Cho and Korhonen (2016), "Learning Distributed Representations of Sentences from Unlabelled
        Data", arXiv:1602.03483
    """

    width: int = 100
    output: NegativeSampling | HierarchicalSoftmax = field(default_factory=HierarchicalSoftmax)
    own_words: bool = False
    min_count: int = 5
    epochs: int = 5
    learning_rate: float = 0.025
    callback: Any = None
    n_threads: int | None = None
    random_state: Any = None

    def _learn(self, vocabulary: Vocabulary, stream: TokenStream, seed: int) -> NDArray[np.float32]:
        vectors, contexts = first_vectors(len(vocabulary), self.width, seed)
        drawing, tree, negatives = NegativeSampling().tables(vocabulary.counts), no_tree(), 0
        if isinstance(self.output, NegativeSampling):
            drawing, negatives = self.output.tables(vocabulary.counts), self.output.n
        else:
            tree = self.output.tree(vocabulary.counts).arrays
        plan = (
            self.learning_rate,
            LAST_RATE,
            max(1, self.epochs * stream.n_words),
            self.callback is not None,
        )
        ends = stream.ends
        kernel: Any = fast_sent

        def work(*part: Any) -> tuple[float, int]:
            told: tuple[float, int] = kernel(
                stream.ids, *part, vectors, contexts, drawing, tree, sigmoid_table(), ends, self.own_words,
                negatives, *plan,
            )  # fmt: skip
            return told

        self.history_ = learn_by_sentences(
            self, work, (vocabulary, stream), seed, {"vectors": vectors, "contexts": contexts}
        )
        self.contexts_ = contexts
        return vectors

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the sum of the vectors of each text's known words; zeros for a text without any.

        Args:
            X: texts or lists of tokens.

        Returns:
            (texts, width).
        """
        check_is_fitted(self)
        stream = encode_corpus(X, self.vectors_.vocabulary)
        lengths = np.diff(stream.ends, prepend=-1) - 1
        sums: NDArray[np.float32] = mean_of_words(self.vectors_, stream) * lengths[:, None].astype(np.float32)
        return sums
