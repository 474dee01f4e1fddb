"""FastText: a word is the mean of its own vector and those of its character n-grams."""

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from netwright.data import TokenStream, Vocabulary
from netwright.data.fast_text.averaging import mean_rows
from netwright.data.fast_text.subwords import Subwords
from netwright.embeddings.vectors.unseen import near_any_words
from netwright.embeddings.words.outputs import NegativeSampling
from netwright.embeddings.words.subword_kernel import compose_all, subword_skip_gram
from netwright.embeddings.words.windows import keep_thresholds
from netwright.embeddings.words.word_estimator import LAST_RATE, WordEstimator, first_vectors, learn_in_epochs
from netwright.training.hogwild import sigmoid_table


@final
@dataclass(eq=False, repr=False)
class FastText(WordEstimator):
    """Skip-gram whose words share the vectors of their character n-grams.

    Use it for languages with many forms, for rare words and for spelling mistakes: words that were never seen
    have vectors too. A word's vector is the mean of its own and those of its n-grams; what tells the words
    around it is that mean.

    Args:
        width: numbers in a vector.
        window: words to each side, drawn from 1 to this number for each word.
        subwords: which n-grams, and in how many buckets.
        min_count: rarer words have no vector of their own, only those of their n-grams.
        subsample: share of the corpus from which on words are thinned out by chance; 0 keeps all.
        epochs: passes over the corpus.
        learning_rate: at first; it falls in a straight line to 0.0001. A long training is content with less.
        callback: is given an `EpochReport` after each epoch; if it returns True, the training ends. The loss
            is computed only where there is one.
        n_threads: that share the vectors without locks; by default one where `random_state` is given, so that
            the result repeats to the last bit, else one for each core.
        random_state: seed.

    Example:
        >>> from netwright.embeddings import FastText, Subwords
        >>> texts = ["cats and dogs are pets", "iron and gold are metals"] * 100
        >>> model = FastText(width=8, subwords=Subwords(buckets=1000), min_count=1, epochs=1, random_state=0)
        >>> model.fit(texts).vectors_of(["golden"]).shape
        (1, 8)

    Source:
        Bojanowski, Grave, Joulin and Mikolov (2017), "Enriching Word Vectors with Subword Information",
        arXiv:1607.04606
    """

    width: int = 100
    window: int = 5
    subwords: Subwords = field(default_factory=Subwords)
    min_count: int = 5
    subsample: float = 1e-3
    epochs: int = 5
    learning_rate: float = 0.05
    callback: Any = None
    n_threads: int | None = None
    random_state: Any = None

    def _learn(self, vocabulary: Vocabulary, stream: TokenStream, seed: int) -> NDArray[np.float32]:
        own, contexts = first_vectors(len(vocabulary), self.width, seed)
        ngrams = first_vectors(self.subwords.buckets, self.width, seed + 1)[0]
        starts, buckets = self.subwords.buckets_of(vocabulary.words)
        output = NegativeSampling()
        drawing = output.tables(vocabulary.counts)
        keep = keep_thresholds(vocabulary.counts, self.subsample)
        plan = (
            self.learning_rate,
            LAST_RATE,
            max(1, self.epochs * stream.n_words),
            self.callback is not None,
        )

        kernel: Any = subword_skip_gram

        def work(*part: Any) -> tuple[float, int]:
            told: tuple[float, int] = kernel(
                stream.ids, *part, own, ngrams, starts, buckets, contexts, keep, *drawing, sigmoid_table(),
                self.window, output.n, *plan,
            )  # fmt: skip
            return told

        tables = {"own": own, "ngrams": ngrams, "contexts": contexts}
        self.history_ = learn_in_epochs(self, work, (vocabulary, stream), seed, tables)
        self.own_, self.ngrams_, self.contexts_ = own, ngrams, contexts
        composed: NDArray[np.float32] = compose_all(own, ngrams, starts, buckets)
        return composed

    def vectors_of(self, words: list[str]) -> NDArray[np.float32]:
        """Return the vectors of any words, also of those that were never seen.

        An unknown word's vector is the mean of those of its n-grams; zeros where it has none.

        Args:
            words: any.

        Returns:
            (words, width).
        """
        check_is_fitted(self)
        vocabulary = self.vectors_.vocabulary
        known = np.array([-1 if (one := vocabulary.get(word)) is None else one for word in words], np.int64)
        starts, buckets = self.subwords.buckets_of(words)
        out = mean_rows(self.ngrams_, buckets, starts)
        out[known >= 0] = self.vectors_.vectors[known[known >= 0]]
        return out

    def most_similar(self, positive: Any, negative: Any = (), n: int = 10) -> list[tuple[str, float]]:
        """Return the nearest words; words that were never seen may be asked with.

        Args:
            positive: words or vectors.
            negative: words or vectors that are taken away.
            n: at most so many.
        """
        check_is_fitted(self)
        return near_any_words(self.vectors_, self.vectors_of, positive, negative, n)
