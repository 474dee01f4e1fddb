"""The network of skip-thought vectors: one sentence tells the one before and the one behind it."""

from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from netwright.layers import GRUCell, Recurrent


@final
class SkipThoughtNetwork(nn.Module):
    """A GRU reads a sentence; two more, each given what it has read, tell the sentences beside it.

    Use it on text that runs on, as books do: what a sentence says of its neighbours is what it is about.
    Where each text stands alone there is nothing to learn from.

        z = GRU(w_1 ... w_n) at the last word
        p(v_t | v_1 ... v_(t-1), z) = softmax(V GRU_side([v_(t-1) ; z])_t + b)   for the sentence of each side

    Args:
        n_words: known ones; 0 is padding, which comes behind a sentence alone.
        width: features of a word.
        hidden: features of a sentence.

    Example:
        >>> network = SkipThoughtNetwork(n_words=20, width=4, hidden=8)
        >>> middle, before, after = torch.randint(1, 20, (3, 2, 6)).unbind()
        >>> [guesses.shape for guesses in network(middle, before, after)]
        [torch.Size([2, 6, 20]), torch.Size([2, 6, 20])]

    Source:
        Kiros, Zhu, Salakhutdinov, Zemel, Torralba, Urtasun and Fidler (2015), "Skip-Thought Vectors",
        arXiv:1506.06726.
        Differs: the reset gate stands behind the product, as in torch.
    """

    def __init__(self, n_words: int, width: int = 64, hidden: int = 128) -> None:
        super().__init__()
        self.words = nn.Embedding(n_words, width, padding_idx=0)
        self.reader = Recurrent(GRUCell(width, hidden), return_sequences=False, return_state=False)
        self.before = Recurrent(GRUCell(width + hidden, hidden), return_state=False)
        self.after = Recurrent(GRUCell(width + hidden, hidden), return_state=False)
        self.guess = nn.Linear(hidden, n_words)

    def forward(
        self,
        sentence: Int[Tensor, "batch time"],
        before: Int[Tensor, "batch steps"],
        after: Int[Tensor, "batch more_steps"],
    ) -> tuple[Float[Tensor, "batch steps vocabulary"], Float[Tensor, "batch more_steps vocabulary"]]:
        vector = self.encode(sentence)
        return (
            self.guess(self._tell(self.before, vector, before)),
            self.guess(self._tell(self.after, vector, after)),
        )

    def encode(self, sentence: Int[Tensor, "batch time"]) -> Float[Tensor, "batch features"]:
        """Return the vectors of sentences.

        Args:
            sentence: numbers of words, 0 behind the end.
        """
        vector: Tensor = self.reader(self.words(sentence), mask=sentence != 0)
        return vector

    def _tell(self, teller: nn.Module, vector: Tensor, told: Tensor) -> Tensor:
        """States from which each word is guessed, of a teller that has read those before it."""
        words = self.words(torch.cat([torch.zeros_like(told[:, :1]), told[:, :-1]], 1))
        given = vector[:, None].expand(-1, words.shape[1], -1)
        states: Tensor = teller(torch.cat([words, given.to(words)], -1))
        return states
