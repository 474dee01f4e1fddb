"""One space for several languages: a dual encoder that ranks translations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np

from netwright.core.seeding import isolated_seed
from netwright.embeddings.taught.lessons import Lesson, Pace, teach
from netwright.embeddings.taught.reading import columns_of
from netwright.embeddings.taught.word_encoder import WordEncoder
from netwright.losses import AdditiveMarginRankingLoss
from netwright.nets import DAN


@final
@dataclass(eq=False, repr=False)
class MultilingualSentenceEncoder(WordEncoder):
    """Vectors of texts in several languages in one space, learned from translations.

    Use it to search across languages or to find translations: a sentence and its translation get like
    vectors. Rows of X may join any two languages; one encoder reads them all, so that languages that never
    stood in one row meet through a third.

        u, v = DAN(sentence), DAN(translation);  each must find the other among all of the batch, by a margin

    Differs: a deep averaging network over words, where the paper's models are a transformer and a
    convolution over pieces of words.

    Args:
        width: of the vectors, which have length 1.
        embedding: features of a word.
        hidden: units of each layer above the mean.
        margin: by how much a translation must win.
        scale: of cosines in the softmax.
        epochs: times that each row is seen.
        batch_size: rows in a step; the others of it are what a translation is told from.
        learning_rate: of AdamW.
        min_count: rarer words are left out.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when X or an argument has another form.
        CorpusError: in `fit`, when no word comes often enough.

    Example:
        >>> pairs = [("one cat", "un chat"), ("two cats", "deux chats"), ("two dogs", "deux chiens")]
        >>> encoder = MultilingualSentenceEncoder(width=16, embedding=16, epochs=60, random_state=0)
        >>> encoder.fit(pairs).score(pairs)
        1.0

    Source:
        Yang et al. (2019), "Multilingual Universal Sentence Encoder for Semantic Retrieval",
        arXiv:1907.04307.
    """

    width: int = 512
    embedding: int = 300
    hidden: Sequence[int] = (300,)
    margin: float = 0.3
    scale: float = 20.0
    epochs: int = 10
    batch_size: int = 64
    learning_rate: float = 1e-3
    min_count: int = 1
    random_state: Any = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from translations.

        Args:
            X: rows of two texts, one the translation of the other.
            y: has no say.

        Raises:
            InputError: when X has another form.
            CorpusError: when no word comes often enough.
        """
        columns = columns_of(X)
        self._read_words(columns)
        seed = self._seed()
        with isolated_seed(seed):
            self.network_ = DAN(
                len(self.vocabulary_), self.width, self.embedding, self.hidden, normalise=True
            )
        lesson = Lesson(
            [self._rows(one) for one in columns], None, AdditiveMarginRankingLoss(self.margin, self.scale)
        )
        pace = Pace(self.epochs, self.batch_size, self.learning_rate, seed=seed)
        self.losses_ = teach(self.network_, [lesson], pace)
        return self

    def score(self, X: Any, y: Any = None) -> float:
        """Return precision@1: the share of first texts whose translation is the nearest of all second ones.

        Args:
            X: rows of two texts, one the translation of the other.
            y: has no say.

        Raises:
            InputError: when X has another form.
        """
        first, second = (self.transform(column) for column in columns_of(X))
        hits = 0
        for at in range(0, len(first), self.width):  # a square block of cosines at a time
            nearest = (first[at : at + self.width] @ second.T).argmax(1)
            hits += int((nearest == np.arange(at, at + len(nearest))).sum())
        return hits / len(first)
