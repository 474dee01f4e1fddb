"""Vectors of emoji from the texts that they stand in: skip-gram in which each emoji is a word."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError
from netwright.data import TokenStream, Vocabulary
from netwright.embeddings.emoji.characters import is_emoji, split_emoji
from netwright.embeddings.vectors.word_vectors import WordVectors
from netwright.embeddings.words.skip_gram import SkipGram
from netwright.embeddings.words.word_estimator import WordEstimator


@final
@dataclass(eq=False, repr=False)
class EmojiSkipGram(WordEstimator):
    """Learn vectors of words and emoji together, from texts in which emoji stand among the words.

    Use it on messages and posts: emoji that are used alike come to lie side by side, whatever their names,
    and words beside the emoji that go with them. `Emoji2Vec` needs no such texts, but knows only names.

        maximise sum log sigmoid(<v_i, u_j>) + sum_{drawn n} log sigmoid(-<v_i, u_n>)
        over tokens i and j of one text no further apart than a window, words and emoji alike

    Args:
        width: length of the vectors.
        window: tokens to each side.
        min_count: rarer tokens get no vector.
        subsample: share of the texts from which on tokens are thinned out by chance; 0 keeps all.
        epochs: passes over the texts.
        learning_rate: at first.
        n_threads: that learn; by default one where `random_state` is given.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: when the texts are none, or no token comes often enough.

    Example:
        >>> texts = ["so sad 😢", "sad day 😭", "yum cake 🍰", "good cake 🎂"] * 100
        >>> emoji = EmojiSkipGram(width=8, min_count=1, subsample=0, random_state=0).fit(texts)
        >>> sorted(emoji.emoji_.words)
        ['🍰', '🎂', '😢', '😭']

    Source:
        Barbieri, Ronzano and Saggion (2016), "What does this Emoji Mean? A Vector Space Skip-Gram Model for
        Twitter Emojis", LREC, https://aclanthology.org/L16-1626; emoji in context as teachers of emotion:
        Park, Xu and Fung (2018), "PlusEmo2Vec at SemEval-2018 Task 1: Exploiting emotion knowledge from emoji
        and #hashtags", doi:10.18653/v1/S18-1039.
    """

    width: int = 100
    window: int = 5
    min_count: int = 5
    subsample: float = 1e-3
    epochs: int = 5
    learning_rate: float = 0.025
    n_threads: int | None = None
    random_state: Any = None

    def fit(self, X: Any, y: object = None) -> Self:
        """Learn vectors of words and emoji.

        Args:
            X: texts.
            y: has no say.

        Raises:
            InputError: when the texts are none, or no token comes often enough.
        """
        return super().fit(_split(X))

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the mean vector of each text's known tokens; zeros for a text without any.

        Args:
            X: texts.
        """
        return super().transform(_split(X))

    @property
    def emoji_(self) -> WordVectors:
        """The emoji alone, with their vectors."""
        check_is_fitted(self)
        words = self.vectors_.words
        kept = [number for number, word in enumerate(words) if is_emoji(word)]
        counts = self.vectors_.vocabulary.counts[kept]
        return WordVectors(
            Vocabulary([words[number] for number in kept], counts), self.vectors_.vectors[kept]
        )

    def _learn(self, vocabulary: Vocabulary, stream: TokenStream, seed: int) -> NDArray[np.float32]:
        model = SkipGram(
            width=self.width,
            window=self.window,
            subsample=self.subsample,
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            n_threads=self.n_threads if self.n_threads or self.random_state is None else 1,
            random_state=seed if self.random_state is not None else None,
        ).fit((vocabulary, stream))
        return model.vectors_.vectors


def _split(texts: Any) -> list[list[str]]:
    if isinstance(texts, str | bytes) or not isinstance(texts, Iterable):
        raise InputError("X must be an iterable of texts", type(texts).__name__, "put one text in a list")
    return [split_emoji(text) for text in texts]
