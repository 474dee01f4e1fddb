"""The deep bidirectional language model behind ELMo."""

from typing import final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from netwright.layers import LSTMCell, Recurrent


@final
class BidirectionalLanguageModel(nn.Module):
    """Two stacks of LSTMs over the words of a text: one guesses the next word, the other the one before.

    Use it to learn vectors of words in their context from raw text: at each word, the states of all layers
    together are its ELMo vectors, for a `ScalarMix` above them. No state sees the word that it guesses, so
    both directions stay apart up to the softmax, which they share, as they share the reading of words.

        x_t = norm(words(characters of word t))
        h_0 = x,   h_l = LSTM_l(h_(l-1)) + h_(l-1) from the second layer on;   so for each direction
        p(word_(t+1) | words up to t) = softmax(W forward_t + b),   p(word_(t-1) | ...) from backward_t

    Args:
        words: from characters (words, letters) to vectors (words, width), as `CharacterCNN`.
        n_words: among which the next one is guessed.
        width: of words and of each LSTM.
        n_layers: of each direction.
        dropout: share of what each layer reads that is left out in training.

    Example:
        >>> from netwright.nets import CharacterCNN
        >>> model = BidirectionalLanguageModel(CharacterCNN(30, width=8), n_words=20, width=8)
        >>> after, before = model(torch.ones(2, 5, 12, dtype=torch.long))
        >>> after.shape, before.shape
        (torch.Size([2, 5, 20]), torch.Size([2, 5, 20]))

    Source:
        Peters, Neumann, Iyyer, Gardner, Clark, Lee and Zettlemoyer (2018), "Deep contextualized word
        representations", arXiv:1802.05365.
        Differs: the LSTMs are as wide as the words, without a projection between; words are batch-normalised,
        as else what all have in common hides what tells them apart from the LSTMs.
    """

    def __init__(
        self, words: nn.Module, n_words: int, width: int = 64, n_layers: int = 2, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.words, self.width = words, width
        self.norm = nn.BatchNorm1d(width, affine=False)
        self.forward_layers = nn.ModuleList(_reader(width) for _ in range(n_layers))
        self.backward_layers = nn.ModuleList(_reader(width) for _ in range(n_layers))
        self.dropout = nn.Dropout(dropout)
        self.guess = nn.Linear(width, n_words)

    def forward(
        self, characters: Int[Tensor, "batch time letters"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> tuple[Float[Tensor, "batch time vocabulary"], Float[Tensor, "batch time vocabulary"]]:
        words = self.read(characters.flatten(0, 1)).reshape(*characters.shape[:2], self.width)
        after, before = self.states(words, mask)[:, -1].chunk(2, -1)
        return self.guess(after), self.guess(before)

    def read(self, characters: Int[Tensor, "words letters"]) -> Float[Tensor, "words width"]:
        """Return the vectors of words by themselves.

        Args:
            characters: of each word.
        """
        words: Tensor = self.norm(self.words(characters))
        return words

    def states(
        self, words: Float[Tensor, "batch time width"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch layers time features"]:
        """Return all layers at each word, both directions side by side; the lowest is the word itself twice.

        Args:
            words: as `read` gives them.
            mask: True where a word is real.
        """
        after = before = words
        layers = [torch.cat([words, words], -1)]
        pairs = zip(self.forward_layers, self.backward_layers, strict=True)
        for number, (reader, back_reader) in enumerate(pairs):
            read = reader(self.dropout(after), mask=mask)
            back = _flip(
                back_reader(_flip(self.dropout(before)), mask=None if mask is None else mask.flip(1))
            )
            after, before = (read + after, back + before) if number else (read, back)
            layers.append(torch.cat([after, before], -1))
        stacked = torch.stack(layers, 1)  # (batch, layers, time, features)
        return stacked if mask is None else stacked * mask[:, None, :, None]


def _reader(width: int) -> Recurrent:
    return Recurrent(LSTMCell(width, width), return_state=False)


def _flip(x: Tensor) -> Tensor:
    return x.flip(1)
