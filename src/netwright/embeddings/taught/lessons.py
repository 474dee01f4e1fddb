"""The loop that teaches an encoder of texts by several tasks at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.data import TokenStream

LONGEST_STEP = 1.0
"""Norm to which gradients are clipped."""


@final
class TokenRows:
    """Texts as numbers of tokens, of which any batch is padded at once.

    Args:
        tokens: of all texts, one after the other.
        lengths: tokens of each text; 0 is allowed.
    """

    def __init__(self, tokens: Tensor, lengths: Tensor) -> None:
        self.tokens = torch.cat([tokens, tokens.new_zeros(1)])  # something to point at where a text is empty
        self.lengths, self.starts = lengths, lengths.cumsum(0) - lengths

    @classmethod
    def of_lists(cls, rows: Sequence[Sequence[int]]) -> "TokenRows":
        """Return rows that come as lists of numbers.

        Args:
            rows: of each text.
        """
        tokens = torch.tensor(list(chain.from_iterable(rows)), dtype=torch.int64)
        return cls(tokens, torch.tensor([len(row) for row in rows]))

    @classmethod
    def of_stream(cls, stream: TokenStream) -> "TokenRows":
        """Return rows that come as a stream of sentences.

        Args:
            stream: one sentence for each text.
        """
        ends = stream.ends
        lengths: NDArray[np.int64] = np.diff(ends, prepend=-1) - 1
        tokens = np.asarray(stream.ids[stream.ids >= 0], np.int64)
        return cls(torch.from_numpy(tokens), torch.from_numpy(lengths))

    def __len__(self) -> int:
        return len(self.lengths)

    def take(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return the tokens of some texts, (batch, time), and where they are real.

        Args:
            rows: numbers of texts.
        """
        lengths = self.lengths[rows, None]
        place = torch.arange(max(int(lengths.max()), 1))
        mask = place < lengths
        return self.tokens[torch.where(mask, self.starts[rows, None] + place, -1)], mask


@dataclass(frozen=True)
class Lesson:
    """One task: texts in one column or several, what is known of each row, and what is made smaller.

    Args:
        columns: of equal length.
        target: of each row; None where the columns say it all.
        loss: (vectors of each column, target) -> one number; its parameters are learned too.
    """

    columns: Sequence[TokenRows]
    target: Tensor | None
    loss: nn.Module


@dataclass(frozen=True)
class Pace:
    """How an encoder is taught.

    Args:
        epochs: times that each row is seen.
        batch_size: rows in a step.
        learning_rate: of AdamW, at its highest.
        warmup: share of the steps in which the rate rises; it falls to 0 in the others where this is above 0,
            and stays where it is 0.
        weight_decay: of matrices.
        seed: of everything that is drawn.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    warmup: float = 0.0
    weight_decay: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "learning_rate"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} must be above 0", repr(getattr(self, name)), "leave it out")


def teach(encoder: nn.Module, lessons: Sequence[Lesson], pace: Pace) -> list[float]:
    """Train an encoder by lessons whose batches follow each other in a random order; returns losses by epoch.

    Each step belongs to one lesson, so that a lesson has as much of the steps as it has of the rows.

    Args:
        encoder: (tokens, mask) -> vectors; it is left in eval mode.
        lessons: one or more.
        pace: how.
    """
    optimizer = _optimizer(encoder, lessons, pace)
    n_steps = pace.epochs * sum(-(-len(lesson.columns[0]) // pace.batch_size) for lesson in lessons)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, n_steps, pace.warmup))
    losses = []
    for module in (encoder, *(lesson.loss for lesson in lessons)):
        module.train()
    with isolated_seed(pace.seed):
        for _ in range(pace.epochs):
            total, seen = 0.0, 0
            for lesson, rows in _batches(lessons, pace.batch_size):
                loss = _loss(encoder, lesson, rows)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(
                    [one for group in optimizer.param_groups for one in group["params"]], LONGEST_STEP
                )
                optimizer.step()
                schedule.step()
                total, seen = total + float(loss.detach()) * len(rows), seen + len(rows)
            losses.append(total / seen)
    encoder.eval()
    return losses


def _loss(encoder: nn.Module, lesson: Lesson, rows: Tensor) -> Tensor:
    vectors = [encoder(*column.take(rows)) for column in lesson.columns]
    known = [] if lesson.target is None else [lesson.target[rows]]
    return cast("Tensor", lesson.loss(*vectors, *known))


def _batches(lessons: Sequence[Lesson], size: int) -> Iterator[tuple[Lesson, Tensor]]:
    batches = [
        (lesson, rows)
        for lesson in lessons
        for rows in torch.split(torch.randperm(len(lesson.columns[0])), size)
    ]
    return (batches[one] for one in torch.randperm(len(batches)).tolist())


def _rate(step: int, n_steps: int, warmup: float) -> float:
    rising = warmup * n_steps
    if step < rising:
        return (step + 1) / (rising + 1)
    return (n_steps - step) / max(n_steps - rising, 1) if warmup else 1.0


def _optimizer(encoder: nn.Module, lessons: Sequence[Lesson], pace: Pace) -> torch.optim.Optimizer:
    modules = [encoder, *(lesson.loss for lesson in lessons)]
    learned = [one for module in modules for one in module.parameters() if one.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [one for one in learned if (one.ndim > 1) == matrix], "weight_decay": decay}
        for matrix, decay in ((True, pace.weight_decay), (False, 0.0))
    ]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=pace.learning_rate)
