"""Continuous bag of words: the words around foretell the one in their middle."""

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from netwright.data import TokenStream, Vocabulary
from netwright.embeddings.words.cbow_kernel import cbow
from netwright.embeddings.words.outputs import HierarchicalSoftmax, NegativeSampling
from netwright.embeddings.words.windows import keep_thresholds
from netwright.embeddings.words.word_estimator import (
    LAST_RATE,
    Window,
    WordEstimator,
    first_vectors,
    learn_in_epochs,
)
from netwright.training.hogwild import no_tree, sigmoid_table


@final
@dataclass(eq=False, repr=False)
class CBOW(WordEstimator):
    """Word2vec's continuous bag of words: the mean of a window's vectors tells the word in its middle.

    Quicker than skip-gram, since each word is told once; better for frequent words and large corpora. With h,
    the mean of the vectors around w, and k drawn words n, the loss is

        -log sigmoid(h . u_w) - sum over k of log sigmoid(-h . u_n)

    Args:
        width: numbers in a vector.
        window: words to each side, drawn from 1 to this number for each word; a `Window` says otherwise.
        output: how a word is told: `NegativeSampling()` or `HierarchicalSoftmax()`.
        min_count: rarer words get no vector.
        subsample: share of the corpus from which on words are thinned out by chance; 0 keeps all.
        epochs: passes over the corpus.
        learning_rate: at first; it falls in a straight line to 0.0001.
        callback: is given an `EpochReport` after each epoch; if it returns True, the training ends. The loss
            is computed only where there is one.
        n_threads: that share the vectors without locks; by default one where `random_state` is given, so that
            the result repeats to the last bit, else one for each core.
        random_state: seed.

    Example:
        >>> from netwright.embeddings import CBOW
        >>> texts = ["cats and dogs are pets", "iron and gold are metals"] * 200
        >>> CBOW(width=16, min_count=1, epochs=2, random_state=0).fit(texts).vectors_["gold"].shape
        (16,)

    Differs:
        the error of the mean is divided among the words of the window, as its derivative says, while
        word2vec's own program gives each word the whole of it; hence the larger rate (Irsoy, Benton and
        Stratos (2021), "Corrected CBOW Performs as well as Skip-gram", arXiv:2012.15332).

    Source:
        Mikolov, Chen, Corrado and Dean (2013), "Efficient Estimation of Word Representations in Vector
        Space", arXiv:1301.3781
    """

    width: int = 100
    window: int | Window = 5
    output: NegativeSampling | HierarchicalSoftmax = field(default_factory=NegativeSampling)
    min_count: int = 5
    subsample: float = 1e-3
    epochs: int = 5
    learning_rate: float = 0.2
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
        kernel: Any = cbow
        drawing, tree, negatives = NegativeSampling().tables(vocabulary.counts), no_tree(), 0
        if isinstance(self.output, NegativeSampling):
            drawing, negatives = self.output.tables(vocabulary.counts), self.output.n
        else:
            tree = self.output.tree(vocabulary.counts).arrays

        def work(*part: Any) -> tuple[float, int]:
            told: tuple[float, int] = kernel(
                stream.ids, *part, vectors, contexts, keep, drawing, tree, sigmoid_table(),
                window.size, window.dynamic, negatives, *plan,
            )  # fmt: skip
            return told

        self.history_ = learn_in_epochs(
            self, work, (vocabulary, stream), seed, {"vectors": vectors, "contexts": contexts}
        )
        self.contexts_ = contexts
        return vectors
