"""How siamese networks learn: rows with a partner of their class, and losses over the pairs of a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, cast, final

import numpy as np
import torch
from jaxtyping import Int64
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d, validate_data
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.estimators.deep_embedder import DeepEmbedder
from netwright.estimators.heads import Head
from netwright.estimators.numbers import check_hidden, picture_front
from netwright.losses import ContrastiveLoss, SemiHardTripletLoss
from netwright.nets import MLP, ConvEncoder, TwinNetwork
from netwright.training import Batch, Objective, Samples

CLASSES_TO_SPARE = 20
"""With this many classes and more, some are held back whole to judge the epochs by: that is what counts."""

MOST_STEPS = 31
"""How many others each row of a batch is compared with, beside its partner."""

UNITS, MAPS = (128, 64), (32, 64)
"""Hidden units for tables, and maps of each stage for pictures, where the user leaves both open."""


@final
class Partners:
    """Rows of classes, which come in twos: behind each batch stands a random other row of each one's class.

    So every row of a batch meets one of its own kind, however many classes there are.

    Args:
        inputs: (rows, ...), a tensor or samples of its own kind.
        classes: (rows).

    Example:
        >>> rows = Partners(torch.arange(6.0), torch.tensor([0, 1, 0, 1, 0, 1]))
        >>> batch = rows[torch.tensor([0, 1])]
        >>> batch.target.tolist(), (batch.inputs.int() % 2).tolist()
        ([0, 1, 0, 1], [0, 1, 0, 1])
    """

    def __init__(self, inputs: Any, classes: Int64[Tensor, " rows"]) -> None:
        self.inputs, self.classes = inputs, classes
        self.generator = torch.Generator().manual_seed(len(classes))  # the user's stream stays untouched
        self.order = torch.argsort(classes, stable=True)
        counts = torch.bincount(classes)
        self.first, self.count = (counts.cumsum(0) - counts)[classes], counts[classes]
        self.place = torch.empty_like(self.order)
        self.place[self.order] = torch.arange(len(classes))

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, rows: Int64[Tensor, " batch"]) -> Batch:
        first, count = self.first[rows], self.count[rows]
        chance = torch.rand(len(rows), generator=self.generator)
        step = 1 + (chance * (count - 1)).long()  # from 1 to count - 1: never the row itself
        partners = self.order[first + (self.place[rows] - first + step) % count]
        both = torch.cat([rows, partners])
        inputs = self.inputs
        taken = inputs.index_select(0, both) if isinstance(inputs, Tensor) else inputs[both]
        return Batch(taken, self.classes.index_select(0, both))


@final
@dataclass(frozen=True)
class TwinHead(Head):
    """Codes that are compared with each other: no row has a loss of its own.

    Args:
        width: numbers of a code.

    Example:
        >>> TwinHead(4).n_outputs
        4
    """

    width: int

    @property
    def n_outputs(self) -> int:
        """The numbers of a code."""
        return self.width

    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Zero."""
        return outputs.new_zeros(len(outputs))

    def combine(self, outputs: Tensor) -> Tensor:
        """The mean."""
        return outputs.mean(1)

    def activate(self, outputs: Tensor) -> Tensor:
        """The codes as they are."""
        return outputs


@final
class PairObjective(Objective):
    """The contrastive loss over the pairs of a batch, alike and unlike ones counting the same.

    Each row meets its partner, and up to 31 others; in batches of 32 rows or fewer, all.

        loss = (mean over alike pairs + mean over unlike pairs) / 2

    Args:
        margin: distance from which on unlike pairs cost nothing.

    Example:
        >>> batch = Batch(torch.tensor([[0.0], [0.0], [0.5]]), torch.tensor([0, 0, 1]))
        >>> PairObjective(1.0).loss(nn.Identity(), batch)
        tensor(0.0625)
    """

    def __init__(self, margin: float) -> None:
        self.pairs = ContrastiveLoss(margin, reduction="none")

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return the loss of the batch."""
        codes = network(batch.inputs)
        one, other = _pairs(len(codes), codes.device)
        # a hair's breadth apart at least: the length of nothing has no gradient
        same = batch.target[one] == batch.target[other]
        losses: Tensor = self.pairs(codes[one], codes[other] + 1e-8, same)
        kinds = [losses[kind].mean() for kind in (same, ~same) if kind.any()]
        return torch.stack(kinds).sum() / 2


@final
class TripletObjective(Objective):
    """The triplet loss of each pair with the nearest negative that lies beyond its positive.

    Args:
        margin: by how much nearer a positive must be.

    Example:
        >>> batch = Batch(torch.tensor([[0.0], [1.0], [4.0], [5.0]]), torch.tensor([0, 0, 1, 1]))
        >>> TripletObjective(1.0).loss(nn.Identity(), batch)
        tensor(0.)
    """

    def __init__(self, margin: float) -> None:
        self.triplets = SemiHardTripletLoss(margin)

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return the loss of the batch."""
        loss: Tensor = self.triplets(network(batch.inputs), batch.target)
        return loss


def _pairs(n_rows: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Each row with those that stand a few places behind it, around the end, and half a batch behind it."""
    steps = sorted({*range(1, min(n_rows, MOST_STEPS + 1)), max(1, n_rows // 2)})
    rows = torch.arange(n_rows, device=device)
    others = (rows + torch.tensor(steps, device=device)[:, None]) % n_rows
    return rows.repeat(len(steps)), others.flatten()


class LearnsByPairs:
    """What embedders have in common that learn from classes which rows are alike.

    It stands beside `DeepEmbedder` among the bases of a class whose loss compares the rows of a batch.
    """

    def fit(self, X: Any, y: Any = None, sample_weight: None = None) -> Self:
        """Learn from rows and their classes.

        Args:
            X: rows, as the class says.
            y: (rows), their classes.
            sample_weight: not taken: pairs have no weight.

        Raises:
            ValueError: when X or y cannot be used; the message says what to do.
        """
        learn_classes(cast("DeepEmbedder", self), X, y, sample_weight)
        return self

    def recognise(self, X: Any, examples: Any, labels: Any) -> np.ndarray:
        """Return for each row the label of the nearest example, (rows): classes need not have been in `fit`.

        Args:
            X: rows to recognise.
            examples: rows of known labels, one or more of each.
            labels: theirs.

        Raises:
            InputError: when labels and examples are not equally many.
        """
        return nearest(cast("DeepEmbedder", self), X, examples, labels)

    def _gather(self, inputs: Any, target: Tensor, weight: Tensor | None) -> Samples:
        return Partners(inputs, target)

    def __sklearn_tags__(self) -> Any:
        """Say that it learns from classes."""
        tags = super().__sklearn_tags__()  # type: ignore[misc]  # of the embedder beside it
        tags.target_tags.required = True
        return tags


def learn_classes(embedder: DeepEmbedder, X: Any, y: Any, sample_weight: Any = None) -> None:
    """Fit an embedder of the kind whose `_gather` gives `Partners` to rows and their classes.

    Args:
        embedder: gets `classes_` besides what every estimator gets.
        X: rows.
        y: (rows), their classes.
        sample_weight: None.

    Raises:
        ValueError: when X or y cannot be used; the message says what to do.
    """
    if sample_weight is not None:
        raise InputError("sample_weight must be None", "weights", "pairs have none: leave them out")
    X = embedder.admit(X, fitting=True)
    validate_data(embedder, X, y, skip_check_array=True)
    labels = column_or_1d(y, warn=True)
    check_consistent_length(X, labels)
    check_classification_targets(labels)
    classes, numbers = np.unique(labels, return_inverse=True)
    if len(classes) < 2 or len(classes) == len(labels):
        raise InputError(
            "y must have two classes or more, of which some have several rows",
            f"{len(classes)} classes in {len(labels)} rows",
            "give each row its class",
        )
    embedder.classes_ = classes
    spare = len(classes) >= CLASSES_TO_SPARE
    embedder._learn(
        X,
        torch.from_numpy(numbers.astype(np.int64)),
        lambda _: TwinHead(embedder.width),
        classes=None if spare else numbers,
        groups=numbers if spare else None,
    )


def nearest(embedder: DeepEmbedder, X: Any, examples: Any, labels: Any) -> np.ndarray:
    """Return for each row the label of the example whose code is nearest.

    Args:
        embedder: fitted.
        X: rows to recognise.
        examples: rows of known labels, one or more of each.
        labels: theirs.

    Raises:
        InputError: when labels and examples are not equally many.
    """
    known, codes = embedder.transform(examples), embedder.transform(X)
    labels = np.asarray(labels)
    if len(labels) != len(known):
        raise InputError(f"labels must have {len(known)} entries", str(len(labels)), "one for each example")
    distances = torch.cdist(torch.from_numpy(codes), torch.from_numpy(known))
    found: np.ndarray = labels[distances.argmin(1).numpy()]
    return found


def twin_for(
    embedder: DeepEmbedder, sample: torch.Size, hidden: Sequence[int] | None, *, unit_length: bool
) -> TwinNetwork:
    """Return a fresh network: fully connected for tables, convolutional for pictures.

    Args:
        embedder: that has read its training rows.
        sample: shape of a row.
        hidden: units of each hidden layer, or for pictures maps of each stage; None for the usual ones.
        unit_length: whether codes are brought to length 1.
    """
    if len(sample) == 1:
        units = check_hidden(UNITS if hidden is None else hidden)
        return TwinNetwork(MLP(sample[0], embedder.width, units), None, unit_length)
    encoder = ConvEncoder(sample, embedder.width, check_hidden(MAPS if hidden is None else hidden))
    return TwinNetwork(encoder, picture_front(embedder.centre_, embedder.scale_), unit_length)
