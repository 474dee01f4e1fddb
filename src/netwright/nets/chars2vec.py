"""The network of chars2vec: a word as it is spelt."""

from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from netwright.layers import LSTMCell, Recurrent


@final
class Chars2VecNetwork(nn.Module):
    """Two LSTMs over the letters of a word, the last state of the upper one is its vector.

    Use it where words come misspelt, abbreviated or drawn out: trained on pairs, it puts words that are
    written alike beside each other, whatever they mean.

        word = LSTM_2(LSTM_1(letters)) at the last letter
        p(two words are other ones) = sigmoid(scale |word_1 - word_2|^2 + shift)

    Args:
        n_characters: known ones; 0 is padding.
        width: features of a word.

    Example:
        >>> network = Chars2VecNetwork(n_characters=30, width=8)
        >>> words, others = torch.tensor([[3, 4, 0], [5, 5, 7]]), torch.tensor([[3, 4, 4], [5, 7, 0]])
        >>> network(words, others).shape, network.encode(words).shape
        (torch.Size([2]), torch.Size([2, 8]))

    Source:
        Intuition Engineering (2018), "chars2vec", https://github.com/IntuitionEngineeringTeam/chars2vec.
        Differs: characters have learned vectors instead of one column each.
    """

    def __init__(self, n_characters: int, width: int = 50) -> None:
        super().__init__()
        self.characters = nn.Embedding(n_characters, width, padding_idx=0)
        cells = [LSTMCell(width, width), LSTMCell(width, width)]
        self.reader = Recurrent(cells, return_sequences=False, return_state=False)
        self.scale = nn.Parameter(torch.tensor(1.0))
        self.shift = nn.Parameter(torch.tensor(-1.0))

    def forward(
        self, one: Int[Tensor, "pairs letters"], other: Int[Tensor, "pairs more_letters"]
    ) -> Float[Tensor, "pairs"]:
        squares = (self.encode(one) - self.encode(other)).square().sum(1)
        return self.scale * squares + self.shift

    def encode(self, characters: Int[Tensor, "words letters"]) -> Float[Tensor, "words features"]:
        """Return the vectors of words.

        Args:
            characters: of each word, 0 behind its end.
        """
        words: Tensor = self.reader(self.characters(characters), mask=characters != 0)
        return words

    def differ(
        self, one: Float[Tensor, "words features"], other: Float[Tensor, "others features"]
    ) -> Float[Tensor, "words others"]:
        """Return the scores of each word with each other, positive where they are thought to be others.

        Args:
            one: vectors of words.
            other: vectors of other words.
        """
        squares = one.square().sum(1)[:, None] + other.square().sum(1) - 2 * one @ other.T
        return self.scale * squares.clamp_min(0) + self.shift
