"""Skip-gram: a word's vector foretells the words that stand around it."""

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from netwright.data import TokenStream, Vocabulary
from netwright.embeddings.words.outputs import HierarchicalSoftmax, NegativeSampling
from netwright.embeddings.words.skip_gram_kernel import skip_gram, skip_gram_by_tree
from netwright.embeddings.words.windows import keep_thresholds
from netwright.embeddings.words.word_estimator import (
    LAST_RATE,
    Window,
    WordEstimator,
    first_vectors,
    learn_in_epochs,
)
from netwright.training.hogwild import sigmoid_table


@final
@dataclass(eq=False, repr=False)
class SkipGram(WordEstimator):
    """Word2vec's skip-gram: the vector of each word learns to tell the words around it from drawn ones.

    The first choice for vectors of words. The loss of a word w and its context c, with k drawn words n, is

        -log sigmoid(v_w . u_c) - sum over k of log sigmoid(-v_w . u_n)

    The drawn words are shared by all contexts of a window, so that a window is three small matrix products.

    Args:
        width: numbers in a vector.
        window: words to each side, drawn from 1 to this number for each word; a `Window` says otherwise.
        output: how a word is told: `NegativeSampling()` or `HierarchicalSoftmax()`.
        min_count: rarer words get no vector.
        subsample: share of the corpus from which on words are thinned out by chance; 0 keeps all.
        epochs: passes over the corpus.
        learning_rate: at first; it falls in a straight line to 0.0001. A long training is content with less.
        callback: is given an `EpochReport` after each epoch (`print` will do); if it returns True, the
            training ends. The loss is computed only where there is one.
        n_threads: that share the vectors without locks; by default one where `random_state` is given, so that
            the result repeats to the last bit, else one for each core.
        random_state: seed.

    Example:
        >>> from netwright.embeddings import SkipGram
        >>> texts = ["cats and dogs are pets", "iron and gold are metals"] * 200
        >>> model = SkipGram(width=16, min_count=1, epochs=2, random_state=0).fit(texts)
        >>> model.vectors_.vectors.shape, model.transform(["cats and gold"]).shape
        ((8, 16), (1, 16))

    Source:
        Mikolov, Sutskever, Chen, Corrado and Dean (2013), "Distributed Representations of Words and Phrases
        and their Compositionality", arXiv:1310.4546; windows as matrix products with shared draws: Ji,
        Satish, Li and Dubey (2016), "Parallelizing Word2Vec in Shared and Distributed Memory",
        arXiv:1604.04661
    """

    width: int = 100
    window: int | Window = 5
    output: NegativeSampling | HierarchicalSoftmax = field(default_factory=NegativeSampling)
    min_count: int = 5
    subsample: float = 1e-3
    epochs: int = 5
    learning_rate: float = 0.05
    callback: Any = None
    n_threads: int | None = None
    random_state: Any = None

    def _learn(self, vocabulary: Vocabulary, stream: TokenStream, seed: int) -> NDArray[np.float32]:
        window = self.window if isinstance(self.window, Window) else Window(self.window)
        vectors, contexts = first_vectors(len(vocabulary), self.width, seed)
        keep = keep_thresholds(vocabulary.counts, self.subsample)
        plan = (
            self.learning_rate,
            LAST_RATE,
            max(1, self.epochs * stream.n_words),
            self.callback is not None,
        )
        size = (sigmoid_table(), window.size, window.dynamic)
        kernel, drawing, n = self._told_by(vocabulary)

        def work(*part: Any) -> tuple[float, int]:
            told: tuple[float, int] = kernel(
                stream.ids, *part, vectors, contexts, keep, *drawing, *size, *n, *plan
            )
            return told

        self.history_ = learn_in_epochs(
            self, work, (vocabulary, stream), seed, {"vectors": vectors, "contexts": contexts}
        )
        self.contexts_ = contexts
        return vectors

    def _told_by(self, vocabulary: Vocabulary) -> tuple[Any, tuple[Any, ...], tuple[int, ...]]:
        """The kernel, the tables by which it tells a word, and how many words it draws."""
        if isinstance(self.output, NegativeSampling):
            return skip_gram, self.output.tables(vocabulary.counts), (self.output.n,)
        return skip_gram_by_tree, self.output.tree(vocabulary.counts).arrays, ()
