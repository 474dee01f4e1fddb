"""BERT: the encoder of the transformer, pretrained in both directions."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import cast, final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.nets.bert_blocks import BERTEmbeddings, BERTLayer

INITIAL_SCALE = 0.02
"""Standard deviation of weights at the beginning, as the paper's."""


@final
class BERT(nn.Module):
    """Transformer encoder that reads a text from both sides at once.

    Use it as the body of a model for texts, with pretrained weights: parameters are named and shaped as those
    of `transformers.BertModel`, so that its weight files load by `load_weights`. Vectors of sentences come
    from `embeddings.TransformerEmbedder`, which does the loading.

        x_0 = LayerNorm(token[t] + position[i] + segment[s])
        a_l = LayerNorm(x_(l-1) + MultiHead(x_(l-1)))
        x_l = LayerNorm(a_l + W_2 gelu(W_1 a_l))
        pooled = tanh(W_p x_L[first token])

    `network(tokens, segments, mask)` gives the last states, (batch, time, width), and the pooled state of the
    first token. `unpadded` gives the states of texts of unequal length without computing any padding.

    Args:
        vocabulary: tokens.
        width: features per token.
        depth: layers.
        n_heads: heads of each attention.
        hidden: units of the feed-forward blocks; 4 x width by default.
        n_positions: tokens of the longest text.
        n_segments: parts of a text that are told apart.
        dropout: share dropped in training.
        epsilon: of the normalisations.
        pooler: whether there is a pooled state; None comes in its place otherwise.

    Raises:
        InputError: when the width cannot be shared among the heads; in forward, when a text is longer than
            the positions.

    Example:
        >>> network = BERT(vocabulary=100, width=8, depth=2, n_heads=2, n_positions=16).eval()
        >>> states, pooled = network(torch.tensor([[1, 5, 7, 2], [1, 9, 2, 0]]))
        >>> states.shape, pooled.shape
        (torch.Size([2, 4, 8]), torch.Size([2, 8]))

    Source:
        Devlin, Chang, Lee and Toutanova (2018), "BERT: Pre-training of Deep Bidirectional Transformers for
        Language Understanding", arXiv:1810.04805.
    """

    def __init__(
        self,
        vocabulary: int = 30522,
        width: int = 768,
        depth: int = 12,
        n_heads: int = 12,
        hidden: int | None = None,
        n_positions: int = 512,
        n_segments: int = 2,
        dropout: float = 0.1,
        epsilon: float = 1e-12,
        pooler: bool = True,
    ) -> None:
        super().__init__()
        if n_heads < 1 or width % n_heads:
            came = f"width {width} and n_heads {n_heads}"
            raise InputError("width must be a multiple of n_heads", came, "give each head as many features")
        self.width, self.n_positions = width, n_positions
        self.embeddings = BERTEmbeddings(vocabulary, width, n_positions, n_segments, dropout, epsilon)
        layers = [BERTLayer(width, n_heads, hidden or 4 * width, dropout, epsilon) for _ in range(depth)]
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(layers)})
        self.pooler = nn.ModuleDict({"dense": nn.Linear(width, width)}) if pooler else None
        self.apply(_initialise)

    def forward(
        self,
        tokens: Int[Tensor, "batch time"],
        segments: Int[Tensor, "batch time"] | None = None,
        mask: Bool[Tensor, "batch time"] | None = None,
    ) -> tuple[Float[Tensor, "batch time width"], Float[Tensor, "batch width"] | None]:
        self._check(tokens.shape[1])
        places = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.embeddings(tokens, places, segments)
        for layer in self._layers():
            x = layer(x, mask)
        return x, None if self.pooler is None else self.pooler["dense"](x[:, 0]).tanh()

    def unpadded(
        self, tokens: Int[Tensor, "tokens"], lengths: Sequence[int]
    ) -> Float[Tensor, "tokens width"]:
        """Return the last states of texts that stand one after the other, all of the first segment.

        No padding is computed, and no mask. Texts of one length should follow each other: they share one call
        of the attention.

        Args:
            tokens: of all texts.
            lengths: tokens of each text.

        Raises:
            InputError: when a text is longer than the positions.

        Example:
            >>> network = BERT(vocabulary=100, width=8, depth=2, n_heads=2, n_positions=16).eval()
            >>> network.unpadded(torch.tensor([1, 5, 7, 2, 1, 9, 2]), [4, 3]).shape
            torch.Size([7, 8])
        """
        runs = [(len(list(same)), length) for length, same in groupby(lengths)]
        self._check(max(lengths))
        count = torch.arange(max(lengths), device=tokens.device)
        places = torch.cat([count[:length].repeat(times) for times, length in runs])
        x: Tensor = self.embeddings(tokens, places)
        for layer in self._layers():
            x = cast("BERTLayer", layer).unpadded(x, runs)
        return x

    def load_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Take pretrained weights, from a file of `transformers.BertModel` or of a model with a head on it.

        Args:
            weights: by name; a leading "bert." is dropped, heads are left aside.

        Raises:
            InputError: when a weight is lacking or has another shape.

        Example:
            >>> one, other = (BERT(9, width=4, depth=1, n_heads=2) for _ in range(2))
            >>> one.load_weights({f"bert.{name}": value for name, value in other.state_dict().items()})
            >>> torch.equal(one.pooler["dense"].weight, other.pooler["dense"].weight)
            True
        """
        plain = {name.removeprefix("bert."): value for name, value in weights.items()}
        own = self.state_dict()
        bad = [name for name, value in own.items() if plain.get(name, _NOTHING).shape != value.shape]
        if bad:
            came = f"{bad[0]} of shape {tuple(plain[bad[0]].shape)}" if bad[0] in plain else f"no {bad[0]}"
            wanted = tuple(own[bad[0]].shape)
            raise InputError(
                f"weights must hold {bad[0]} of shape {wanted}", came, "build BERT with the file's sizes"
            )
        taken = {name: plain[name].detach().to(value.dtype, copy=True) for name, value in own.items()}
        self.load_state_dict(taken, assign=any(value.is_meta for value in own.values()))

    def extend_vocabulary(self, pieces: Sequence[Sequence[int]]) -> None:
        """Add tokens to the vocabulary; those that were there keep their vectors bit by bit.

        A new token begins as the mean of the tokens that its word was cut into so far, so that what the
        network says of it changes little at first.

        Args:
            pieces: for each new token the old tokens of its word, one or more.

        Example:
            >>> network = BERT(vocabulary=100, width=8, depth=1, n_heads=2)
            >>> network.extend_vocabulary([[3, 5]])
            >>> network.embeddings.word_embeddings.weight.shape
            torch.Size([101, 8])
        """
        old = self.embeddings.word_embeddings.weight.detach()
        new = [old[torch.as_tensor(one, device=old.device)].mean(0) for one in pieces]
        rows = torch.cat([old, torch.stack(new)]) if new else old.clone()
        self.embeddings.word_embeddings = nn.Embedding(len(rows), self.width, _weight=rows)

    def _layers(self) -> nn.ModuleList:
        return cast("nn.ModuleList", self.encoder["layer"])

    def _check(self, length: int) -> None:
        if length > self.n_positions:
            expected = f"a text must have {self.n_positions} tokens at most"
            raise InputError(expected, str(length), "cut it, or take a network with more positions")


_NOTHING = torch.empty(0)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=INITIAL_SCALE)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
