"""ELMo: vectors of words in their context, from a bidirectional language model trained on the texts."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from netwright.core.seeding import isolated_seed
from netwright.data import Tokenizer
from netwright.embeddings.characters.alphabet import mark_words
from netwright.embeddings.context.learning import draw_seed, learn
from netwright.embeddings.context.reading import batches_of_like_length, padded, starts_of
from netwright.embeddings.context.token_embedder import TokenEmbedder, check_token_lists, mean_of_tokens
from netwright.embeddings.context.word_language_model import (
    DEFAULTS,
    N_MARK_WORDS,
    WordGuessing,
    WordSamples,
    framed_words,
    number_words,
    read_letters,
    read_more_words,
    read_words,
)
from netwright.layers import ScalarMix
from netwright.nets import BidirectionalLanguageModel, CharacterCNN
from netwright.training import Training


@final
@dataclass(eq=False, repr=False)
class ELMoEmbedder(TokenEmbedder):
    """Vectors of words in their context: the states of a language model that reads from both sides.

    Use it where a word means one thing here and another there, and there is raw text of the domain to learn
    from. Words are read by their characters, so that unseen ones have vectors too. The same word has another
    vector in another sentence; there is no table of words to keep.

        vector of word t = gamma sum_j softmax(mix)_j [forward_(j, t) ; backward_(j, t)]   over all layers j

    Args:
        width: features of each direction; vectors have twice as many.
        n_layers: LSTMs of each direction.
        min_count: rarer words are read, but not guessed in training.
        mix: scores of the layers from the words upwards, one more than n_layers; their mean when None. What a
            task learned with `layers.ScalarMix` on top of `transform_layers` may be set here.
        gamma: factor of the whole.
        words: (n_characters, width) -> network from characters to words; None for `nets.CharacterCNN`.
        tokenizer: how texts are cut into words.
        training: the recipe; by default 10 epochs in batches of 32 pieces of text.
        random_state: seed of everything that is drawn.

    Raises:
        CorpusError: in fit, when there is no word.
        InputError: when mix has not one score for each layer.

    Example:
        >>> texts = ["the river bank was wet", "the bank lent money"] * 10
        >>> model = ELMoEmbedder(width=8, training=Training(epochs=1), random_state=0).fit(texts)
        >>> river, money = model.transform_tokens([["river", "bank"], ["bank", "lent"]])
        >>> river.shape, bool(np.allclose(river[1], money[0]))
        ((2, 16), False)

    Source:
        Peters, Neumann, Iyyer, Gardner, Clark, Lee and Zettlemoyer (2018), "Deep contextualized word
        representations", arXiv:1802.05365.
        Differs: the network is small, and trained on the texts that are given.
    """

    width: int = 64
    n_layers: int = 2
    min_count: int = 2
    mix: Sequence[float] | None = None
    gamma: float = 1.0
    words: Callable[[int, int], nn.Module] | None = None
    tokenizer: Tokenizer | None = None
    training: Training | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train a language model on texts.

        Args:
            X: texts, or lists of tokens.
            y: has no say.
        """
        self._mixed()
        read = read_words(X, self.min_count, self.tokenizer)
        self.alphabet_, self.vocabulary_, self.n_guessed_ = read.alphabet, read.vocabulary, read.n_guessed
        seed = draw_seed(self.random_state)
        with isolated_seed(seed):
            make = self.words or CharacterCNN
            words = make(read.alphabet.n_characters, self.width)
            n_words = read.n_guessed + N_MARK_WORDS + 1
            self.network_ = BidirectionalLanguageModel(words, n_words, self.width, self.n_layers)
        return self._learn(read.samples, seed)

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Go on with the training on new texts; words that are new are read, and guessed as rare ones.

        Args:
            X: texts, or lists of tokens.
            y: has no say.
        """
        if not hasattr(self, "network_"):
            return self.fit(X)
        read = (self.alphabet_, self.vocabulary_, self.n_guessed_)
        return self._learn(read_more_words(X, read, self.tokenizer), draw_seed(self.random_state))

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the mean of the vectors of each text's words, for a linear model; zeros where it has none.

            transform(text) = 1/n sum_t vector of word t

        The means are those of the words that are there, whatever texts stand in the same batch.

        Args:
            X: texts, or lists of tokens.

        Source:
            Joshi (2019), "A Step-by-Step NLP Guide to Learn ELMo for Extracting Features from Text",
            analyticsvidhya.com.
        """
        return mean_of_tokens(self.transform_tokens(self._tokens(X)), self.width_)

    def transform_tokens(self, tokens: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """Return the vectors of the tokens of each text, (tokens, 2 * width), its layers mixed.

        Args:
            tokens: of each text.
        """
        mix, texts = self._mixed().double(), check_token_lists(tokens)
        found: list[NDArray[np.float32]] = [np.zeros((0, self.width_), np.float32)] * len(texts)
        with torch.inference_mode():
            for rows, lengths, states in self._states(texts):
                for row, length, words in zip(rows, lengths, mix(states).float().numpy(), strict=True):
                    found[row] = words[1 : 1 + length]
        return found

    def transform_layers(self, tokens: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """Return all layers at the tokens of each text, (n_layers + 1, tokens, 2 * width), words first.

        Args:
            tokens: of each text.
        """
        texts = check_token_lists(tokens)
        found: list[NDArray[np.float32]] = [np.zeros((0, 0, 0), np.float32)] * len(texts)
        with torch.inference_mode():
            for rows, lengths, states in self._states(texts):
                for row, length, layers in zip(rows, lengths, states.float().numpy(), strict=True):
                    found[row] = layers[:, 1 : 1 + length]
        return found

    @property
    def width_(self) -> int:
        """Features of each token's vector."""
        return 2 * self.width

    def _mixed(self) -> ScalarMix:
        return ScalarMix(self.n_layers + 1, self.mix, self.gamma)

    def _learn(self, samples: WordSamples, seed: int) -> Self:
        objective = WordGuessing()
        self.record_ = learn(self.network_, objective, samples, self.training, DEFAULTS, seed)
        return self

    def _states(self, tokens: list[list[str]]) -> Iterator[tuple[list[int], list[int], Tensor]]:
        """Some texts after others: their rows, their lengths, and all layers from mark to mark.

        They are computed in float64, in which padding and batches leave no trace.
        """
        check_is_fitted(self)
        words, numbers, lengths = number_words(tokens)
        network = copy.deepcopy(self.network_).double()
        vectors = network.read(torch.from_numpy(mark_words()))
        if words:
            vectors = torch.cat([vectors, read_letters(network.read, self.alphabet_, words)])
        starts = starts_of(lengths)
        for rows in batches_of_like_length(lengths + 2):
            framed, real = framed_words(padded(numbers, starts[rows], lengths[rows]), lengths[rows])
            states = network.states(vectors[torch.from_numpy(framed)], torch.from_numpy(real))
            yield rows.tolist(), lengths[rows].tolist(), states
