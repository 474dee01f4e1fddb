"""The character language model behind contextual string embeddings."""

from typing import final

from jaxtyping import Float, Int
from torch import Tensor, nn

from netwright.layers import LSTMCell, Recurrent


@final
class CharacterLanguageModel(nn.Module):
    """An LSTM over the characters of a text that guesses the next one.

    Use it to learn from raw text without any notion of words: its state after some characters says what has
    been read and what is likely to come. A second one, trained on texts that are turned around, knows what
    follows; the states of both at the ends of a word are its Flair vector. It knows nothing of padding:
    what stands behind a text has no influence on the states before.

        h_t = LSTM(x_t, h_(t-1)),   p(x_(t+1) | x_1 ... x_t) = softmax(W h_t + b)

    Args:
        n_characters: known ones.
        hidden: features of the state.
        character_width: features of a character.
        dropout: share of the states that is left out before the softmax in training.

    Example:
        >>> import torch
        >>> CharacterLanguageModel(n_characters=30, hidden=8)(torch.ones(2, 5, dtype=torch.long)).shape
        torch.Size([2, 5, 30])

    Source:
        Akbik, Blythe and Vollgraf (2018), "Contextual String Embeddings for Sequence Labeling",
        https://aclanthology.org/C18-1139.
    """

    def __init__(
        self, n_characters: int, hidden: int = 128, character_width: int = 32, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.characters = nn.Embedding(n_characters, character_width)
        self.reader = Recurrent(LSTMCell(character_width, hidden), return_state=False)
        self.dropout = nn.Dropout(dropout)
        self.guess = nn.Linear(hidden, n_characters)

    def forward(self, characters: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time vocabulary"]:
        guesses: Tensor = self.guess(self.dropout(self.states(characters)))
        return guesses

    def states(self, characters: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time features"]:
        """Return the state after each character.

        Args:
            characters: of each text.
        """
        states: Tensor = self.reader(self.characters(characters))
        return states
