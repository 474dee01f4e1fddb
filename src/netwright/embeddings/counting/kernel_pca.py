"""Skip-gram that begins where spelling puts the words: kernel principal components of common n-grams."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import KernelPCA
from sklearn.feature_extraction.text import CountVectorizer

from netwright.data import TokenStream, Vocabulary
from netwright.embeddings.words.outputs import NegativeSampling
from netwright.embeddings.words.skip_gram_kernel import skip_gram
from netwright.embeddings.words.windows import keep_thresholds
from netwright.embeddings.words.word_estimator import (
    LAST_RATE,
    WordEstimator,
    first_vectors,
    learn_in_epochs,
)
from netwright.training.hogwild import sigmoid_table

N_GRAMS = (2, 3)
DEGREE = 2
AT_ONCE = 4096


@final
@dataclass(eq=False, repr=False)
class KernelPCASkipGram(WordEstimator):
    """Skip-gram whose first vectors are kernel principal components of how alike words are spelled.

    Use it on small corpora: a word that comes once or twice stays near words of the same stem, where plain
    skip-gram leaves it where chance put it; words that come often move to where their contexts pull them.

        k(a, b) = (2 |n-grams of a and b| / (|n-grams of a| + |n-grams of b|))^2

    The components are those of the most frequent words; all others are projected on them.

    Args:
        width: numbers in a vector.
        window: words to each side, drawn from 1 to this number for each word.
        min_count: rarer words get no vector.
        n_landmarks: frequent words that the components are of; the work grows with their square.
        length: of first vectors, on average; the longer, the more spelling counts against contexts.
        epochs: passes over the corpus; 0 leaves the components as they are.
        learning_rate: at first; it falls in a straight line to 0.0001.
        callback: is given an `EpochReport` after each epoch; if it returns True, the training ends.
        n_threads: as for `SkipGram`.
        random_state: seed.

    Example:
        >>> texts = ["she was walking home", "he walked far", "walk on", "a talk was given", "talking"]
        >>> model = KernelPCASkipGram(width=4, epochs=1, random_state=0).fit(texts * 2)
        >>> model.most_similar("walked", n=2)[0][0] in {"walk", "walking"}
        True

    Source:
        Gupta, Giesselbach, Rueping and Bauckhage (2019), "Improving Word Embeddings Using Kernel PCA",
        doi:10.18653/v1/W19-4323.

    Differs:
        Likeness is the Dice coefficient of sets of 2-grams and 3-grams, which sparse products give; the paper
        aligns n-grams in their order.
    """

    width: int = 100
    window: int = 5
    min_count: int = 1
    n_landmarks: int = 2000
    length: float = 1.0
    epochs: int = 5
    learning_rate: float = 0.025
    callback: Any = None
    n_threads: int | None = None
    random_state: Any = None

    def _learn(self, vocabulary: Vocabulary, stream: TokenStream, seed: int) -> NDArray[np.float32]:
        vectors, contexts = first_vectors(len(vocabulary), self.width, seed)
        spelled = spelling_vectors(vocabulary.words, self.width, self.n_landmarks, seed)
        mean = float(np.linalg.norm(spelled, axis=1).mean())
        vectors[:, : spelled.shape[1]] = spelled * (self.length / mean if mean else 1)
        if self.epochs == 0:
            return vectors
        drawing = NegativeSampling().tables(vocabulary.counts)
        size = (sigmoid_table(), self.window, True, NegativeSampling().n)
        keep = keep_thresholds(vocabulary.counts, 0)
        plan = (
            self.learning_rate,
            LAST_RATE,
            max(1, self.epochs * stream.n_words),
            self.callback is not None,
        )

        def work(*part: Any) -> tuple[float, int]:
            shared = (stream.ids, *part, vectors, contexts, keep, *drawing)
            learn: Any = skip_gram  # numba's own annotations know no unpacked arguments
            found: tuple[float, int] = learn(*shared, *size, *plan)
            return found

        self.history_ = learn_in_epochs(
            self, work, (vocabulary, stream), seed, {"vectors": vectors, "contexts": contexts}
        )
        self.contexts_ = contexts
        return vectors


def spelling_vectors(words: Sequence[str], width: int, n_landmarks: int, seed: int) -> NDArray[np.float32]:
    """Return kernel principal components of the spelling of words.

    Args:
        words: the frequent ones first.
        width: components at most.
        n_landmarks: the first words, of which the components are.
        seed: of the iteration's start.

    Example:
        >>> found = spelling_vectors(["walk", "walked", "gold", "golden"], 2, 4, seed=0)
        >>> bool(found[0] @ found[1] > 0 > found[0] @ found[2])
        True
    """
    grams = CountVectorizer(analyzer="char_wb", ngram_range=N_GRAMS, binary=True, lowercase=False)
    sets = sparse.csr_array(grams.fit_transform(words), dtype=np.float64)
    sizes = np.maximum(np.asarray(sets.sum(axis=1)), 1)
    landmarks = sets[:n_landmarks]

    def kernel(some: sparse.csr_array, some_sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        shared = (some @ landmarks.T).toarray()
        return np.asarray((2 * shared / np.add.outer(some_sizes, sizes[: landmarks.shape[0]])) ** DEGREE)

    n_components = max(1, min(width, landmarks.shape[0] - 1))
    components = KernelPCA(n_components, kernel="precomputed", eigen_solver="dense", random_state=seed)
    components.fit(kernel(landmarks, sizes[: landmarks.shape[0]]))
    parts = [
        components.transform(kernel(sets[at : at + AT_ONCE], sizes[at : at + AT_ONCE]))
        for at in range(0, len(words), AT_ONCE)
    ]
    return np.concatenate(parts).astype(np.float32)
