"""The two networks of pair2vec: one makes a vector of two words, the other one of their context."""

import itertools
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from netwright.embeddings.pairs.contexts import N_SIGNS, PAD


@final
class PairNetwork(nn.Module):
    """Vectors of pairs and of contexts whose products say how well they go together.

    Args:
        n_words: known words.
        width: of all vectors.
        depth: linear layers of the network of pairs.

    Example:
        >>> network = PairNetwork(5, 8, 2)
        >>> network.pairs(torch.tensor([0]), torch.tensor([1])).shape
        torch.Size([1, 8])
        >>> network.contexts(torch.tensor([[1, 4, 2]]), torch.tensor([3])).shape
        torch.Size([1, 8])
    """

    def __init__(self, n_words: int, width: int, depth: int) -> None:
        super().__init__()
        self.words = nn.Embedding(n_words, width)
        sizes = [3 * width, *[width] * depth]
        parts: list[nn.Module] = []
        for n_in, n_out in itertools.pairwise(sizes):
            parts += [nn.Linear(n_in, n_out), nn.ReLU()]
        self.composition = nn.Sequential(*parts[:-1])
        self.signs = nn.Embedding(n_words + N_SIGNS, width, padding_idx=PAD)
        self.reader = nn.LSTM(width, width, batch_first=True, bidirectional=True)
        self.weigher = nn.Linear(2 * width, 1)
        self.summary = nn.Linear(2 * width, width)

    def pairs(self, first: Tensor, second: Tensor) -> Tensor:
        """Return (batch, width): the vectors of pairs of words.

        Args:
            first: (batch,), numbers of words.
            second: (batch,).
        """
        x, y = F.normalize(self.words(first), dim=-1), F.normalize(self.words(second), dim=-1)
        return torch.as_tensor(self.composition(torch.cat([x, y, x * y], dim=-1)))

    def contexts(self, words: Tensor, lengths: Tensor) -> Tensor:
        """Return (batch, width): the vectors of contexts.

        Args:
            words: (batch, time), with signs where the pair stands.
            lengths: (batch,), on the processor.
        """
        packed = pack_padded_sequence(self.signs(words), lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.reader(packed)[0], batch_first=True)  # (batch, time, 2 width)
        unread = words[:, : states.shape[1]] == PAD
        weights = self.weigher(states).squeeze(-1).masked_fill(unread, -torch.inf).softmax(dim=1)
        return torch.as_tensor(self.summary((weights.unsqueeze(1) @ states).squeeze(1)))
