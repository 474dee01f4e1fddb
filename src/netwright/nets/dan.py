"""The deep averaging network: the mean of word vectors, and layers above it."""

from collections.abc import Sequence
from typing import cast, final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from netwright.nets.mlp import MLP


@final
class DAN(nn.Module):
    """Deep averaging network: a text is the mean of its words' vectors, sent through a few layers.

    Use it where texts are many and time is short: it costs hardly more than the mean of word vectors, and
    learns from labels what the mean cannot tell. The order of the words has no influence, to the last bit.

        a = mean over the words t of E[t],  h_l = tanh(W_l h_(l-1) + b_l) with h_0 = a,  y = W h_L + b
        y / |y|   with `normalise`

    A text without words gives what a mean of zero gives.

    Args:
        vocabulary: words.
        width: features that come out.
        embedding: features of a word.
        hidden: units of each layer above the mean.
        word_dropout: share of the words left out in training, as whole words.
        dropout: share of the hidden units set to zero in training.
        normalise: whether each answer has length 1.

    Example:
        >>> network = DAN(vocabulary=10, width=6, embedding=4, hidden=(5,))
        >>> words = torch.tensor([[1, 2, 3], [3, 9, 0]])
        >>> mask = torch.tensor([[True, True, True], [True, True, False]])
        >>> network(words, mask).shape
        torch.Size([2, 6])

    Source:
        Iyyer, Manjunatha, Boyd-Graber and Daumé III (2015), "Deep Unordered Composition Rivals Syntactic
        Methods for Text Classification", ACL, P15-1162.
    """

    def __init__(
        self,
        vocabulary: int,
        width: int = 512,
        embedding: int = 300,
        hidden: Sequence[int] = (300,),
        word_dropout: float = 0.0,
        dropout: float = 0.0,
        normalise: bool = False,
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, embedding)
        self.layers = MLP(embedding, width, hidden, nn.Tanh, dropout)
        self.word_dropout, self.normalise = word_dropout, normalise

    def forward(
        self, words: Int[Tensor, "batch time"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch width"]:
        mask = torch.ones_like(words, dtype=torch.bool) if mask is None else mask
        # in one order, whatever order they came in: sums of floats depend on it
        words, order = torch.where(mask, words, self.words.num_embeddings).sort(1)
        mask = mask.gather(1, order)
        if self.training and self.word_dropout:
            mask = mask & (torch.rand(words.shape, device=words.device) >= self.word_dropout)
        vectors = self.words(torch.where(mask, words, 0)) * mask[..., None]
        mean = vectors.sum(1) / mask.sum(1, keepdim=True).clamp_min(1)
        y = cast("Tensor", self.layers(mean))
        return F.normalize(y, dim=1) if self.normalise else y
