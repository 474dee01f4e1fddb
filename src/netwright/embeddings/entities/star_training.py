"""How the vectors of StarSpace are learned: batches of pairs against candidates that they share."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.embeddings.entities.bags import Bags, embed_bags

BATCH = 64
FIRST = 0.03
"""Standard deviation of the first vectors: so small that what is learned outweighs what was drawn, and large
enough beside the first steps of AdaGrad, which have one size in every direction."""
LONGEST = 1.0
"""Norm to which the vectors of features are cut back."""


@final
@dataclass(frozen=True)
class Pairs:
    """Bags and what belongs to each.

    Args:
        bags: of features, one for each row.
        candidates: bags of features among which what belongs to a row is found.
        own: for each row the numbers of the candidates that belong to it.
        members: whether candidates are the rows' own features, so that the wanted one is taken out.

    Example:
        >>> bags, labels = Bags.of_lists([[0, 1], [2]]), Bags.of_lists([[3], [4]])
        >>> len(Pairs(bags, labels, own=Bags.of_lists([[0], [1]]), members=False).bags)
        2
    """

    bags: Bags
    candidates: Bags
    own: Bags
    members: bool

    def usable(self) -> Tensor:
        """Return the rows that something can be learned from: neither bag nor candidate is empty."""
        enough = self.bags.lengths >= (2 if self.members else 1)
        rows = torch.arange(len(self.bags))[enough & (self.own.lengths > 0)]
        filled = self.candidates.lengths > 0
        if bool(filled.all()) or not len(rows):
            return rows
        own = self.own.take(rows)
        has = torch.zeros(len(rows), dtype=torch.int64).index_add_(0, own.owners(), filled[own.ids].long())
        return rows[has == own.lengths]


def train_star(
    pairs: Pairs,
    n_features: int,
    *,
    width: int,
    loss: nn.Module,
    cosine: bool,
    p: float,
    n_negatives: int,
    epochs: int,
    learning_rate: float,
    seed: int,
) -> tuple[NDArray[np.float32], list[float]]:
    """Learn vectors of features; returns them and the mean loss of each epoch.

    Args:
        pairs: that belong together.
        n_features: how many features there are, labels among them.
        width: length of the vectors.
        loss: of similarities with what is wanted and with candidates.
        cosine: whether similarities are cosines.
        p: power of the number of features.
        n_negatives: candidates for each batch.
        epochs: passes over the rows.
        learning_rate: of AdaGrad at first.
        seed: of everything that is drawn.

    Raises:
        InputError: when no row has both sides.
    """
    generator = torch.Generator().manual_seed(seed)
    weight = nn.Parameter(FIRST * torch.randn(n_features, width, generator=generator))
    rows = pairs.usable()
    if not len(rows):
        raise InputError(
            "some row must have known features on both sides", "none", "lower min_count, or give longer rows"
        )
    drawable = pairs.own.take(rows).ids  # candidates as often as they are wanted
    optimizer = torch.optim.Adagrad([weight], lr=learning_rate)
    n_steps = epochs * -(-len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / n_steps)
    losses = []

    def lost(batch: Tensor) -> float:
        drawn = drawable[torch.randint(len(drawable), (n_negatives,), generator=generator)]
        wanted, negatives = _similarities(weight, pairs, batch, drawn, generator, cosine=cosine, p=p)
        value = loss(wanted, negatives)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        schedule.step()
        _shorten(weight)
        return float(value.detach()) * len(batch)

    invariants = torch.sparse.check_sparse_tensor_invariants(enable=False)  # type: ignore[no-untyped-call]
    with invariants:  # AdaGrad keeps them
        for _ in range(epochs):
            order = rows[torch.randperm(len(rows), generator=generator)]
            batches: tuple[Tensor, ...] = order.split(BATCH)  # type: ignore[no-untyped-call]
            losses.append(sum(map(lost, batches)) / len(rows))
    vectors: NDArray[np.float32] = weight.detach().numpy()
    return vectors, losses


def _similarities(
    weight: Tensor,
    pairs: Pairs,
    batch: Tensor,
    drawn: Tensor,
    generator: torch.Generator,
    *,
    cosine: bool,
    p: float,
) -> tuple[Tensor, Tensor]:
    """Similarities of rows with a wanted candidate each, (batch), and with drawn ones, (batch, drawn)."""
    bags, own = pairs.bags.take(batch), pairs.own.take(batch)
    places = (torch.rand(len(batch), generator=generator) * own.lengths).long()
    places = own.starts[:-1] + places.minimum(own.lengths - 1)
    wanted = own.ids[places]
    counted = None
    if pairs.members:
        counted = torch.ones(len(bags.ids))
        counted[places] = 0.0  # own and bags are the same lists then
    left = embed_bags(weight, bags, p, counted)
    right = embed_bags(weight, pairs.candidates.take(torch.cat([wanted, drawn])), p)
    if cosine:
        left, right = F.normalize(left, dim=1), F.normalize(right, dim=1)
    belongs = torch.zeros(len(batch), len(drawn), dtype=torch.bool)
    rows, columns = (own.ids[:, None] == drawn[None]).nonzero(as_tuple=True)
    belongs[own.owners()[rows], columns] = True
    negatives = (left @ right[len(batch) :].T).masked_fill(belongs, -torch.inf)
    return (left * right[: len(batch)]).sum(1), negatives


def _shorten(weight: nn.Parameter) -> None:
    """Cut vectors back to the longest norm that is allowed; only those that were just moved can be longer."""
    if weight.grad is None:
        return
    moved = weight.grad.coalesce().indices()[0] if weight.grad.is_sparse else torch.arange(len(weight))
    with torch.no_grad():
        norms = torch.linalg.vector_norm(weight[moved], dim=1, keepdim=True)
        weight[moved] *= (LONGEST / norms.clamp(min=1e-12)).clamp(max=1.0)
