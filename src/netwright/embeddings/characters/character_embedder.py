"""Vectors of words from their characters, learned by guessing the words beside them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import nn

from netwright.core.seeding import isolated_seed
from netwright.data import Tokenizer
from netwright.embeddings.context.learning import draw_seed, learn
from netwright.embeddings.context.token_embedder import TokenEmbedder, check_token_lists
from netwright.embeddings.context.word_language_model import (
    DEFAULTS,
    N_MARK_WORDS,
    WordGuessing,
    number_words,
    read_letters,
    read_words,
)
from netwright.nets import BidirectionalLanguageModel, CharacterCNN
from netwright.training import Training


@final
@dataclass(eq=False, repr=False)
class CharacterEmbedder(TokenEmbedder):
    """Vectors of words from their characters alone, whatever words were seen in training.

    Use it beside vectors of whole words where words that were never seen are frequent: names, forms of rich
    inflexion, new coinages. What endings and beginnings say of a word's use is learned by a small language
    model above the characters, which guesses the words on both sides and is left out afterwards.

        vector of a word = network(its characters)

    Args:
        width: features of a word; even for `nets.CharacterBiLSTM`.
        network: (n_characters, width) -> network from characters to words: `nets.CharacterCNN`, which is the
            default, or `nets.CharacterBiLSTM`.
        min_count: rarer words are read, but not guessed in training.
        tokenizer: how texts are cut into words.
        training: the recipe; by default 10 epochs in batches of 32 pieces of text.
        random_state: seed of everything that is drawn.

    Raises:
        CorpusError: in fit, when there is no word.

    Example:
        >>> texts = ["she walked home", "he talked much", "she walks much", "he talks home"] * 5
        >>> model = CharacterEmbedder(width=8, training=Training(epochs=1), random_state=0).fit(texts)
        >>> model.transform_tokens([["stalked"]])[0].shape
        (1, 8)

    Source:
        Kim, Jernite, Sontag and Rush (2015), "Character-Aware Neural Language Models", arXiv:1508.06615; the
        LSTM from both ends: Lample, Ballesteros, Subramanian, Kawakami and Dyer (2016), "Neural Architectures
        for Named Entity Recognition", arXiv:1603.01360.
        Differs: the language model above reads from both sides.
    """

    width: int = 64
    network: Callable[[int, int], nn.Module] | None = None
    min_count: int = 2
    tokenizer: Tokenizer | None = None
    training: Training | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from texts how words are used that are spelt in one way or another.

        Args:
            X: texts, or lists of tokens.
            y: has no say.
        """
        read = read_words(X, self.min_count, self.tokenizer)
        self.alphabet_ = read.alphabet
        seed = draw_seed(self.random_state)
        with isolated_seed(seed):
            self.network_ = (self.network or CharacterCNN)(read.alphabet.n_characters, self.width)
            n_words = read.n_guessed + N_MARK_WORDS + 1
            model = BidirectionalLanguageModel(self.network_, n_words, self.width, n_layers=1)
        self.record_ = learn(model, WordGuessing(), read.samples, self.training, DEFAULTS, seed)
        return self

    def transform_tokens(self, tokens: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """Return the vectors of the tokens of each text, (tokens, width).

        Args:
            tokens: of each text.
        """
        check_is_fitted(self)
        words, numbers, lengths = number_words(check_token_lists(tokens))
        table = np.zeros((0, self.width), np.float32)
        if words:
            table = read_letters(self.network_, self.alphabet_, words).numpy()
        return np.split(table[numbers], np.cumsum(lengths)[:-1]) if len(lengths) else []

    @property
    def width_(self) -> int:
        """Features of each token's vector."""
        return self.width
