"""From texts to vectors by a transformer, computing no padding."""

from collections.abc import Iterable, Sequence
from itertools import chain, groupby
from typing import Any, final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.embeddings.transformer.folder import Pooling
from netwright.nets import BERT

AT_ONCE = 1 << 14
"""Texts that are cut and sorted by length together."""


@final
class PooledBERT(nn.Module):
    """A network and the pooling of its states: from tokens to one vector a text.

    Args:
        network: gives a state for each token.
        pooling: of the states.
        normalise: whether vectors are brought to length 1.
    """

    def __init__(self, network: BERT, pooling: Pooling, normalise: bool) -> None:
        super().__init__()
        self.network, self.pooling, self.normalise = network, pooling, normalise

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Vectors of padded texts, (batch, width)."""
        states, _ = self.network(tokens, mask=mask)
        seen = mask[..., None]
        if self.pooling == "mean":
            pooled = (states * seen).sum(1) / seen.sum(1)
        else:
            pooled = states[:, 0] if self.pooling == "cls" else states.where(seen, -torch.inf).amax(1)
        return self._finish(pooled)

    def encode(self, rows: Sequence[Sequence[int]], tokens_per_batch: int) -> NDArray[np.float32]:
        """Return the vectors of texts of any lengths.

        They are sorted by length and cut into batches of about one number of tokens; in a batch they stand
        one after the other, so that only real tokens are computed.

        Args:
            rows: tokens of each text, one or more.
            tokens_per_batch: about so many.
        """
        vectors = np.empty((len(rows), self.network.width), np.float32)
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        order = np.argsort(-lengths, kind="stable")
        before = np.cumsum(lengths[order]) - lengths[order]
        cuts = np.flatnonzero(np.diff(before // tokens_per_batch)) + 1
        with torch.inference_mode():
            for batch in np.split(order, cuts):
                vectors[batch] = self._unpadded([rows[row] for row in batch.tolist()]).numpy()
        return vectors

    def _unpadded(self, rows: Sequence[Sequence[int]]) -> Tensor:
        device = self.network.embeddings.word_embeddings.weight.device
        lengths = [len(row) for row in rows]
        tokens = torch.tensor(list(chain.from_iterable(rows)), device=device)
        states = self.network.unpadded(tokens, lengths)
        runs = [(len(list(same)), length) for length, same in groupby(lengths)]
        parts = torch.split(states, [count * length for count, length in runs])
        pooled = [
            self._pool(torch.unflatten(part, 0, run).float()) for part, run in zip(parts, runs, strict=True)
        ]
        return self._finish(torch.cat(pooled)).cpu()

    def _pool(self, states: Tensor) -> Tensor:
        if self.pooling == "mean":
            return states.mean(1)
        return states[:, 0] if self.pooling == "cls" else states.amax(1)

    def _finish(self, pooled: Tensor) -> Tensor:
        return F.normalize(pooled, dim=1) if self.normalise else pooled


def listed_texts(X: Any, argument: str = "X") -> list[str]:
    """Return texts as a list, refusing what is none.

    Args:
        X: texts.
        argument: its name.

    Raises:
        InputError: when X is one text, nothing, or holds something else.

    Example:
        >>> listed_texts(np.array(["a", "b"]))
        ['a', 'b']
    """
    if isinstance(X, str | bytes) or not isinstance(X, Iterable):
        raise InputError(f"{argument} must be several texts", type(X).__name__, "wrap one text in a list")
    texts = list(X)
    bad = next((row for row, text in enumerate(texts) if not isinstance(text, str)), None)
    if bad is not None:
        came = f"{texts[bad]!r:.40} in row {bad}"
        raise InputError(
            f"each row of {argument} must be one text", came, "join tokens, fill what is missing"
        )
    if not texts:
        raise InputError(f"{argument} must hold texts", "none", "give at least one")
    return [str(text) for text in texts]
