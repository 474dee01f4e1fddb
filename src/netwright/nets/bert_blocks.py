"""The blocks of BERT, named as its public weight files name them."""

from collections.abc import Callable
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

Runs = list[tuple[int, int]]
"""Texts without padding: so many of them one after the other, and how long each of these is."""


class BERTEmbeddings(nn.Module):
    """The sum of token, position and segment embeddings, normalised.

    Args:
        vocabulary: tokens.
        width: features per token.
        n_positions: tokens of the longest text.
        n_segments: parts of a text that are told apart.
        dropout: share of the features dropped in training.
        epsilon: of the normalisation.

    Example:
        >>> places = torch.arange(3)
        >>> BERTEmbeddings(9, 4, 5, 2, 0.0, 1e-12)(torch.tensor([1, 7, 2]), places).shape
        torch.Size([3, 4])
    """

    def __init__(
        self, vocabulary: int, width: int, n_positions: int, n_segments: int, dropout: float, epsilon: float
    ) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(vocabulary, width)
        self.position_embeddings = nn.Embedding(n_positions, width)
        self.token_type_embeddings = nn.Embedding(n_segments, width)
        self.LayerNorm = nn.LayerNorm(width, eps=epsilon)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, tokens: Int[Tensor, "*places"], places: Tensor, segments: Tensor | None = None
    ) -> Float[Tensor, "*places width"]:
        kinds = self.token_type_embeddings
        segment = kinds.weight[0] if segments is None else kinds(segments)
        x = self.word_embeddings(tokens) + segment + self.position_embeddings(places)
        return cast("Tensor", self.dropout(self.LayerNorm(x)))


class BERTSelfAttention(nn.Module):
    """Scaled dot-product attention of several heads; the projection of what comes out stands elsewhere.

    Args:
        width: features per token.
        n_heads: heads, each of width / n_heads features.
        dropout: share of the weights dropped in training.

    Example:
        >>> BERTSelfAttention(4, 2, 0.0)(torch.zeros(3, 5, 4)).shape
        torch.Size([3, 5, 4])
    """

    def __init__(self, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.n_heads, self.dropout = n_heads, dropout

    def forward(
        self, x: Float[Tensor, "batch time width"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch time width"]:
        looks = None if mask is None else mask[:, None, None]
        return self._attend(self.query(x), self.key(x), self.value(x), looks)

    def unpadded(self, x: Float[Tensor, "tokens width"], runs: Runs) -> Float[Tensor, "tokens width"]:
        """Attend within texts that stand one after the other.

        Args:
            x: the tokens of all texts.
            runs: how many texts of one length follow each other, and that length.
        """
        query, key, value = self.query(x), self.key(x), self.value(x)
        sizes = [count * length for count, length in runs]
        cut = (torch.split(one, sizes) for one in (query, key, value))
        answers = []
        for run, *texts in zip(runs, *cut, strict=True):
            q, k, v = (torch.unflatten(one, 0, run) for one in texts)
            answers.append(self._attend(q, k, v, None).flatten(0, 1))
        return answers[0] if len(answers) == 1 else torch.cat(answers)

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, looks: Tensor | None) -> Tensor:
        heads = [torch.unflatten(x, -1, (self.n_heads, -1)).transpose(1, 2) for x in (query, key, value)]
        dropout = self.dropout if self.training else 0.0
        context = F.scaled_dot_product_attention(heads[0], heads[1], heads[2], looks, dropout)
        return context.transpose(1, 2).flatten(2)


class BERTSum(nn.Module):
    """A projection that is added to what it came from, and normalised.

    Args:
        n_inputs: features in.
        width: features per token.
        dropout: share of the projection dropped in training.
        epsilon: of the normalisation.

    Example:
        >>> BERTSum(8, 4, 0.0, 1e-12)(torch.zeros(3, 8), torch.zeros(3, 4)).shape
        torch.Size([3, 4])
    """

    def __init__(self, n_inputs: int, width: int, dropout: float, epsilon: float) -> None:
        super().__init__()
        self.dense = nn.Linear(n_inputs, width)
        self.LayerNorm = nn.LayerNorm(width, eps=epsilon)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, x: Float[Tensor, "*places features"], beside: Float[Tensor, "*places width"]
    ) -> Float[Tensor, "*places width"]:
        return cast("Tensor", self.LayerNorm(self.dropout(self.dense(x)) + beside))


class BERTLayer(nn.Module):
    """One layer: attention, then a feed-forward block, each added to its input and normalised after that.

    Args:
        width: features per token.
        n_heads: heads of the attention.
        hidden: units of the feed-forward block.
        dropout: share dropped in training, of attention weights and of what is added.
        epsilon: of the normalisations.

    Example:
        >>> BERTLayer(4, 2, 8, 0.0, 1e-12)(torch.zeros(3, 5, 4)).shape
        torch.Size([3, 5, 4])
    """

    def __init__(self, width: int, n_heads: int, hidden: int, dropout: float, epsilon: float) -> None:
        super().__init__()
        attention = {"self": BERTSelfAttention(width, n_heads, dropout)}
        self.attention = nn.ModuleDict({**attention, "output": BERTSum(width, width, dropout, epsilon)})
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, hidden)})
        self.output = BERTSum(hidden, width, dropout, epsilon)

    def forward(
        self, x: Float[Tensor, "batch time width"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch time width"]:
        return self._rest(x, self.attention["self"](x, mask))

    def unpadded(self, x: Float[Tensor, "tokens width"], runs: Runs) -> Float[Tensor, "tokens width"]:
        """Run the layer on texts that stand one after the other.

        Args:
            x: the tokens of all texts.
            runs: how many texts of one length follow each other, and that length.
        """
        context = cast("BERTSelfAttention", self.attention["self"]).unpadded(x, runs)
        # what the largest tensor of all takes anew costs a tenth of the time
        gelu = F.gelu if torch.is_grad_enabled() else torch.ops.aten.gelu_
        return self._rest(x, context, gelu)

    def _rest(self, x: Tensor, context: Tensor, gelu: Callable[[Tensor], Tensor] = F.gelu) -> Tensor:
        x = self.attention["output"](context, x)
        return cast("Tensor", self.output(gelu(self.intermediate["dense"](x)), x))
