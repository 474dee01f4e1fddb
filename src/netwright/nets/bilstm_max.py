"""A bidirectional LSTM whose states are pooled by their maximum: the encoder of InferSent."""

from typing import cast, final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from netwright.layers import LSTMCell, MaxOverTime, Recurrent


@final
class BiLSTMMax(nn.Module):
    """Sentence encoder: an LSTM reads the words from both ends, and each feature's largest value is kept.

    Use it as the encoder of `embeddings.InferSent`, or of a model of your own where the order of words counts
    and texts are short.

        h_t = [forward LSTM up to t; backward LSTM down to t],  y = max over t of h_t

    A text without words gives zeros.

    Args:
        vocabulary: words.
        width: features that come out, half of them from each direction.
        embedding: features of a word.

    Example:
        >>> network = BiLSTMMax(vocabulary=10, width=6, embedding=4)
        >>> words = torch.tensor([[1, 2, 3], [3, 9, 0]])
        >>> mask = torch.tensor([[True, True, True], [True, True, False]])
        >>> network(words, mask).shape
        torch.Size([2, 6])

    Source:
        Conneau, Kiela, Schwenk, Barrault and Bordes (2017), "Supervised Learning of Universal Sentence
        Representations from Natural Language Inference Data", arXiv:1705.02364.
    """

    def __init__(self, vocabulary: int, width: int = 4096, embedding: int = 300) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, embedding)
        self.states = Recurrent(
            LSTMCell(embedding, width // 2), backward=LSTMCell(embedding, width // 2), return_state=False
        )
        self.pool = MaxOverTime()

    def forward(
        self, words: Int[Tensor, "batch time"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch width"]:
        mask = torch.ones_like(words, dtype=torch.bool) if mask is None else mask
        states = self.states(self.words(words), mask=mask)
        return cast("Tensor", self.pool(states, mask))
