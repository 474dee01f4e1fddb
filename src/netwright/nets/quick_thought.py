"""The network of quick-thought vectors: two readers that know which sentence stands beside which."""

from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from netwright.layers import GRUCell, Recurrent


@final
class QuickThoughtNetwork(nn.Module):
    """Two GRUs, for a sentence and for those it may stand beside; their product says how well both fit.

    Use it as `SkipThoughtNetwork`, where training is to be fast: no word is guessed, the right neighbour is
    only picked among other sentences.

        score(s, c) = f(s) . g(c),   p(c stands beside s) = exp score(s, c) / sum_c' exp score(s, c')
        vector of s = [f(s) ; g(s)]

    Args:
        n_words: known ones; 0 is padding.
        width: features of a word, of which each reader has a table of its own.
        hidden: features of each reader.

    Example:
        >>> network = QuickThoughtNetwork(n_words=20, width=4, hidden=8)
        >>> sentences = torch.randint(1, 20, (3, 6))
        >>> network(sentences, sentences).shape, network.encode(sentences).shape
        (torch.Size([3, 3]), torch.Size([3, 16]))

    Source:
        Logeswaran and Lee (2018), "An efficient framework for learning sentence representations",
        arXiv:1803.02893.
    """

    def __init__(self, n_words: int, width: int = 64, hidden: int = 64) -> None:
        super().__init__()
        self.words = nn.Embedding(n_words, width, padding_idx=0)
        self.candidate_words = nn.Embedding(n_words, width, padding_idx=0)
        self.reader = Recurrent(GRUCell(width, hidden), return_sequences=False, return_state=False)
        self.candidate_reader = Recurrent(GRUCell(width, hidden), return_sequences=False, return_state=False)

    def forward(
        self, sentences: Int[Tensor, "batch time"], candidates: Int[Tensor, "others steps"]
    ) -> Float[Tensor, "batch others"]:
        return self._read(sentences) @ self._read_candidates(candidates).T

    def encode(self, sentences: Int[Tensor, "batch time"]) -> Float[Tensor, "batch features"]:
        """Return the vectors of sentences, from both readers side by side.

        Args:
            sentences: numbers of words, 0 behind the end.
        """
        return torch.cat([self._read(sentences), self._read_candidates(sentences)], 1)

    def _read(self, sentences: Tensor) -> Tensor:
        vectors: Tensor = self.reader(self.words(sentences), mask=sentences != 0)
        return vectors

    def _read_candidates(self, sentences: Tensor) -> Tensor:
        vectors: Tensor = self.candidate_reader(self.candidate_words(sentences), mask=sentences != 0)
        return vectors
