"""Words read by their characters: a convolution, or an LSTM from both ends."""

from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from netwright.layers import LSTMCell, NGramConvolution, Recurrent


@final
class CharacterCNN(nn.Module):
    """A word from its characters: filters over runs of letters, the strongest answer of each, and highways.

    Use it below a language model or a tagger in place of a table of words: words that were never seen get a
    vector too, and words of like form get like ones.

        y = max_i tanh(W c_(i : i + k) + b)   for each filter of each width k
        y = t * relu(W_h y + b_h) + (1 - t) * y,   t = sigmoid(W_t y + b_t)   once for each highway
        word = W y + b

    Args:
        n_characters: known ones; 0 is padding.
        width: features of a word.
        character_width: features of a character.
        n_filters: of each width.
        widths: of the filters, in characters.
        n_highways: layers above them.

    Example:
        >>> CharacterCNN(n_characters=30, width=8)(torch.ones(4, 12, dtype=torch.long)).shape
        torch.Size([4, 8])

    Source:
        Kim, Jernite, Sontag and Rush (2015), "Character-Aware Neural Language Models", arXiv:1508.06615; the
        projection: Jozefowicz, Vinyals, Schuster, Shazeer and Wu (2016), "Exploring the Limits of Language
        Modeling", arXiv:1602.02410.
        Differs: as many filters of each width.
    """

    def __init__(
        self,
        n_characters: int,
        width: int = 64,
        character_width: int = 16,
        n_filters: int = 32,
        widths: Sequence[int] = (1, 2, 3, 4),
        n_highways: int = 1,
    ) -> None:
        super().__init__()
        n_features = n_filters * len(widths)
        self.characters = nn.Embedding(n_characters, character_width, padding_idx=0)
        self.filters = NGramConvolution(character_width, n_filters, widths, torch.tanh)
        self.highways = nn.ModuleList(_Highway(n_features) for _ in range(n_highways))
        self.out = nn.Linear(n_features, width)

    def forward(self, characters: Int[Tensor, "words letters"]) -> Float[Tensor, "words features"]:
        y: Tensor = self.filters(self.characters(characters), characters != 0)
        for highway in self.highways:
            y = highway(y)
        words: Tensor = self.out(y)
        return words


@final
class CharacterBiLSTM(nn.Module):
    """A word from its characters: an LSTM reads them from the front, another from the back.

    Use it as `CharacterCNN`, where the ends of words say most: the two last states lean to the last and the
    first letters.

        word = [forward LSTM at the last letter ; backward LSTM at the first letter]

    Args:
        n_characters: known ones; 0 is padding.
        width: features of a word, half of them from each direction; even.
        character_width: features of a character.

    Example:
        >>> CharacterBiLSTM(n_characters=30, width=8)(torch.ones(4, 12, dtype=torch.long)).shape
        torch.Size([4, 8])

    Source:
        Lample, Ballesteros, Subramanian, Kawakami and Dyer (2016), "Neural Architectures for Named Entity
        Recognition", arXiv:1603.01360.
    """

    def __init__(self, n_characters: int, width: int = 64, character_width: int = 16) -> None:
        super().__init__()
        half = width // 2
        self.characters = nn.Embedding(n_characters, character_width, padding_idx=0)
        self.reader = Recurrent(
            LSTMCell(character_width, half),
            backward=LSTMCell(character_width, width - half),
            return_sequences=False,
            return_state=False,
        )

    def forward(self, characters: Int[Tensor, "words letters"]) -> Float[Tensor, "words features"]:
        words: Tensor = self.reader(self.characters(characters), mask=characters != 0)
        return words


class _Highway(nn.Module):
    """Carries its input on where its gate is closed, as it mostly is at first."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.change, self.gate = nn.Linear(width, width), nn.Linear(width, width)
        nn.init.constant_(self.gate.bias, -2.0)

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.sigmoid(self.gate(x))
        return gate * torch.relu(self.change(x)) + (1 - gate) * x
