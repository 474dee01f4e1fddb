"""The pointer network: a sequence is answered by places of itself."""

from typing import final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from netwright.layers import LSTMCell, PointerAttention, Recurrent


@final
class PointerNetwork(nn.Module):
    """Reads a sequence and answers with places of it, one after another, as many as you ask for.

    Use it where the answer is an order or a choice of what was given, and the number of things differs from
    row to row: sorting, routes, hulls, copying out. A softmax over a fixed vocabulary cannot do that.

        e_1 ... e_n = LSTM_encoder(x_1 ... x_n)
        d_i = LSTM_decoder(x at the place before, d_(i-1)),   d_0 the encoder's last state
        p_ik = softmax_k(v tanh(W_1 e_k + W_2 d_i))   over the places k of the input, and nothing else

    Train it on `log_probabilities` of the right places (`nll_loss`); `point` answers for new rows.

    Args:
        features: of each item.
        hidden: units of both networks.
        repeats: whether a place may be pointed to again; if not, what was pointed to is masked, so that all
            places together are an order.

    Example:
        >>> network, x = PointerNetwork(features=2, repeats=False), torch.rand(3, 5, 2)
        >>> network.point(x).sort(1).values[0]
        tensor([0, 1, 2, 3, 4])

    Source:
        Vinyals, Fortunato and Jaitly (2015), "Pointer Networks", arXiv:1506.03134.
        Differs: there is no symbol that ends an answer, its length is asked for; the likeliest place is taken
        at each step, without a beam.
    """

    def __init__(self, features: int, hidden: int = 64, repeats: bool = True) -> None:
        super().__init__()
        self.repeats = repeats
        self.encoder = Recurrent(LSTMCell(features, hidden))
        self.decoder = Recurrent(LSTMCell(features, hidden))
        self.pointer = PointerAttention(hidden)
        self.begin = nn.Parameter(torch.zeros(features))

    def forward(
        self,
        x: Float[Tensor, "batch time features"],
        places: Int[Tensor, "batch steps"],
        mask: Bool[Tensor, "batch time"] | None = None,
    ) -> Float[Tensor, "batch steps time"]:
        """The probability of each place at each step, when the places before it were the given ones.

        Args:
            x: items.
            places: from 0; -1 where an answer has ended.
            mask: True where an item is real.
        """
        queries, keys = self._read(x, places, mask)
        probabilities: Tensor = self.pointer(queries, keys, self._allowed(places, x.shape[1], mask))
        return probabilities

    def log_probabilities(
        self,
        x: Float[Tensor, "batch time features"],
        places: Int[Tensor, "batch steps"],
        mask: Bool[Tensor, "batch time"] | None = None,
    ) -> Float[Tensor, "batch steps time"]:
        """The logarithms of what `forward` gives, minus infinity where a place is masked.

        Args:
            x: items.
            places: from 0; -1 where an answer has ended, which `nll_loss(..., ignore_index=-1)` leaves out.
            mask: True where an item is real.
        """
        queries, keys = self._read(x, places, mask)
        return self.pointer.log_probabilities(queries, keys, self._allowed(places, x.shape[1], mask))

    @torch.no_grad()
    def point(
        self,
        x: Float[Tensor, "batch time features"],
        n_steps: int | None = None,
        mask: Bool[Tensor, "batch time"] | None = None,
    ) -> Int[Tensor, "batch steps"]:
        """The likeliest place at each step, after the likeliest ones before; -1 where none is left.

        Args:
            x: items.
            n_steps: length of the answer; None for as many as there are items.
            mask: True where an item is real.
        """
        x = _zeroed(x, mask)
        keys, state = self.encoder(x, mask=mask)
        free = torch.ones_like(x[..., 0], dtype=torch.bool) if mask is None else mask
        item = self.begin.expand(len(x), 1, -1).to(x)
        places: list[Tensor] = []
        for _ in range(x.shape[1] if n_steps is None else n_steps):
            query, state = self.decoder(item, state)
            place = self.pointer(query, keys, free)[:, 0].argmax(1)
            places.append(torch.where(free.any(1), place, -1))
            item = _items(x, place[:, None])
            if not self.repeats:
                free = free & (torch.arange(x.shape[1], device=x.device) != place[:, None])
        return torch.stack(places, 1)

    def _read(self, x: Tensor, places: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """The decoder's states before each place is chosen, and the encoder's."""
        x = _zeroed(x, mask)
        keys, state = self.encoder(x, mask=mask)
        begin = self.begin.expand(len(x), 1, -1).to(x)
        queries, _ = self.decoder(torch.cat([begin, _items(x, places)[:, :-1]], 1), state)
        return queries, keys

    def _allowed(self, places: Tensor, n_places: int, mask: Tensor | None) -> Tensor | None:
        if self.repeats:
            return mask
        chosen = places[..., None] == torch.arange(n_places, device=places.device)
        free = chosen.long().cumsum(1) == chosen.long()  # not chosen at any step before
        return free if mask is None else free & mask[:, None]


def _zeroed(x: Tensor, mask: Tensor | None) -> Tensor:
    return x if mask is None else torch.where(mask[..., None], x, 0)


def _items(x: Tensor, places: Tensor) -> Tensor:
    """What stands at places, (batch, steps, features)."""
    return x.gather(1, places.clamp_min(0)[..., None].expand(-1, -1, x.shape[2]))
