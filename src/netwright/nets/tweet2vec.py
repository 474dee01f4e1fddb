"""The network of Tweet2Vec: a short text as its characters stand, told again by a decoder."""

from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from netwright.layers import LSTMCell, MaxPool1d, Recurrent, SequenceConvolution


@final
class Tweet2VecNetwork(nn.Module):
    """Convolutions over the characters of a text, an LSTM over what they find, and LSTMs that tell it again.

    Use it for short texts in which words are written anyhow: the encoder reads characters, so that a word
    with a slip of the pen is nearly the same to it. What the decoder needs to tell the text again is the
    vector of the text.

        z = norm(LSTM(pool(relu(conv_3(pool(relu(conv_7(characters))))))) at the end
        p(character_t | those before, z) = softmax(W LSTM(LSTM([character_(t-1) ; z]))_t + b)

    Args:
        n_characters: known ones; 0 is padding, which comes behind the text alone.
        width: features of the vector.
        n_filters: of each convolution.
        character_width: features of a character.
        pool: characters, and then steps, of which the strongest answer is kept.

    Example:
        >>> network = Tweet2VecNetwork(n_characters=30, width=8)
        >>> tweets = torch.randint(1, 30, (2, 40))
        >>> network(tweets, tweets).shape, network.encode(tweets).shape
        (torch.Size([2, 40, 30]), torch.Size([2, 8]))

    Source:
        Vosoughi, Vijayaraghavan and Roy (2016), "Tweet2Vec: Learning Tweet Embeddings Using Character-level
        CNN-LSTM Encoder-Decoder", doi:10.1145/2911451.2914762.
        Differs: two convolutions instead of four, learned vectors of characters, and the decoder sees the
        vector at every step, not only at its beginning. The vector is batch-normalised: what all texts share
        would drown what tells them apart, and the decoder learn to do without it.
    """

    def __init__(
        self,
        n_characters: int,
        width: int = 64,
        n_filters: int = 64,
        character_width: int = 16,
        pool: int = 3,
    ) -> None:
        super().__init__()
        self.characters = nn.Embedding(n_characters, character_width, padding_idx=0)
        self.wide = SequenceConvolution(character_width, n_filters, kernel_size=7)
        self.narrow = SequenceConvolution(n_filters, n_filters, kernel_size=3)
        self.pool = MaxPool1d(pool, pool, ceil_mode=True)
        self.step = pool
        self.reader = Recurrent(LSTMCell(n_filters, width), return_sequences=False, return_state=False)
        self.norm = nn.BatchNorm1d(width, affine=False)
        cells = [LSTMCell(character_width + width, width), LSTMCell(width, width)]
        self.teller = Recurrent(cells, return_state=False)
        self.guess = nn.Linear(width, n_characters)

    def forward(
        self, characters: Int[Tensor, "batch time"], told: Int[Tensor, "batch steps"]
    ) -> Float[Tensor, "batch steps vocabulary"]:
        vector = self.encode(characters)
        begin = torch.zeros_like(told[:, :1])
        before = self.characters(torch.cat([begin, told[:, :-1]], 1))  # (batch, steps, features)
        given = vector[:, None].expand(-1, before.shape[1], -1)
        guesses: Tensor = self.guess(self.teller(torch.cat([before, given.to(before)], -1)))
        return guesses

    def encode(self, characters: Int[Tensor, "batch time"]) -> Float[Tensor, "batch features"]:
        """Return the vectors of texts.

        Args:
            characters: of each text, 0 behind its end.
        """
        mask = characters != 0
        x, mask = self._pooled(torch.relu(self.wide(self.characters(characters), mask)), mask)
        x, mask = self._pooled(torch.relu(self.narrow(x, mask)), mask)
        vector: Tensor = self.norm(self.reader(x, mask=mask))
        return vector

    def _pooled(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """The strongest answers of blocks; padding is behind, so a block is real if its first step is."""
        x = self.pool(x.masked_fill(~mask[..., None], 0.0).transpose(1, 2)).transpose(1, 2)
        return x, mask[:, :: self.step]
