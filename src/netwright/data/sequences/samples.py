"""Sequences in memory, one behind the other without padding; batches are padded when they are due."""

import math
from typing import final

import torch
from jaxtyping import Float, Int64, Shaped
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data.sequences.batch import SequenceBatch


@final
class SequenceSamples:
    """Sequences of any lengths, which the loop takes batch by batch.

    Use it, as `read_sequences` gives it, wherever samples go: into `TensorSamples(samples, target)`, a
    `Training`, or a loop of your own. All steps of all sequences lie behind each other, so that nothing is
    padded until a batch is taken, and then only to its longest sequence. Where lengths differ, `Training`
    sees to it that those of a batch are alike.

    Args:
        values: all steps, those of the first sequence first.
        lengths: steps of each sequence.
        smart: whether batches are made of sequences of like lengths.

    Raises:
        InputError: when the lengths do not make up the values, or a sequence has no step.

    Example:
        >>> samples = SequenceSamples(torch.arange(5.0)[:, None], torch.tensor([2, 3]))
        >>> samples.shape, samples[torch.tensor([0])].values.shape
        (torch.Size([2, 1]), torch.Size([1, 2, 1]))
    """

    def __init__(
        self,
        values: Float[Tensor, "steps features"],
        lengths: Int64[Tensor, " rows"],
        *,
        smart: bool = True,
    ) -> None:
        if not len(lengths) or int(lengths.min()) < 1 or int(lengths.sum()) != len(values):
            raise InputError(
                "lengths must be 1 or more each and make up the steps of values together",
                f"{int(lengths.sum())} in {len(lengths)} sequences for {len(values)} steps",
                "leave out empty sequences",
            )
        self.values, self.lengths, self.smart = values, lengths, smart
        self._starts = lengths.cumsum(0) - lengths
        self._length = int(lengths[0]) if bool((lengths == lengths[0]).all()) else None

    @property
    def shape(self) -> torch.Size:
        """Rows, and features of each step: there is no one length."""
        return torch.Size((len(self.lengths), self.values.shape[1]))

    @property
    def n_steps(self) -> int:
        """The mean length, rounded up."""
        return math.ceil(len(self.values) / len(self.lengths))

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, rows: Int64[Tensor, " batch"]) -> SequenceBatch:
        lengths = self.lengths.index_select(0, rows)
        if self._length is not None:
            whole = self.values.view(len(self), self._length, -1)
            return SequenceBatch(whole.index_select(0, rows), lengths)
        values, mask = padded(self.values, self._starts.index_select(0, rows), lengths, 0.0)
        return SequenceBatch(values, lengths, mask)

    def step_counts(self, rows: Int64[Tensor, " rows"]) -> Int64[Tensor, " rows"] | None:
        """Return the lengths of these rows for smart batching, or None where the order need not follow them.

        Args:
            rows: in any order.
        """
        return self.lengths.index_select(0, rows) if self.smart and self._length is None else None

    def take(self, rows: Int64[Tensor, " rows"]) -> "SequenceSamples":
        """Return some rows, each once or more, as samples of their own.

        Args:
            rows: their numbers.
        """
        lengths, starts = self.lengths[rows], self._starts[rows]
        steps = torch.arange(int(lengths.sum())) - (lengths.cumsum(0) - lengths).repeat_interleave(lengths)
        values = self.values.index_select(0, starts.repeat_interleave(lengths) + steps)
        return SequenceSamples(values, lengths, smart=self.smart)

    def with_values(self, values: Float[Tensor, "steps features"]) -> "SequenceSamples":
        """Return sequences of the same lengths with other values.

        Args:
            values: all steps, with any features.
        """
        return SequenceSamples(values, self.lengths, smart=self.smart)

    def sequence(self, row: int) -> Float[Tensor, "time features"]:
        """Return one sequence as it is, without padding.

        Args:
            row: its number.
        """
        start = int(self._starts[row])
        return self.values[start : start + int(self.lengths[row])]


@final
class StepTargets:
    """A target for each step of each sequence, padded as the sequences are.

    Args:
        values: of all steps, those of the first sequence first.
        lengths: steps of each sequence.
        fill: what stands where no step is; torch's cross-entropy leaves -100 out.

    Example:
        >>> StepTargets(torch.tensor([1, 0, 2]), torch.tensor([1, 2]))[torch.tensor([0, 1])]
        tensor([[   1, -100],
                [   0,    2]])
    """

    def __init__(
        self, values: Shaped[Tensor, "steps *targets"], lengths: Int64[Tensor, " rows"], fill: float = -100
    ) -> None:
        self.values, self.lengths, self.fill = values, lengths, fill
        self._starts = lengths.cumsum(0) - lengths

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, rows: Int64[Tensor, " batch"]) -> Shaped[Tensor, "batch time *targets"]:
        return padded(self.values, self._starts[rows], self.lengths[rows], self.fill)[0]


def padded(values: Tensor, starts: Tensor, lengths: Tensor, fill: float) -> tuple[Tensor, Tensor | None]:
    """Return rows cut out of what lies behind each other, padded at their ends, and the mask of real steps.

    Args:
        values: (steps, ...).
        starts: the first step of each row.
        lengths: steps of each row.
        fill: what stands where no step is.

    Example:
        >>> padded(torch.arange(3.0), torch.tensor([0, 1]), torch.tensor([1, 2]), -1.0)[0]
        tensor([[ 0., -1.],
                [ 1.,  2.]])
    """
    steps = torch.arange(int(lengths.max()))
    mask = steps < lengths[:, None]
    places = torch.where(mask, starts[:, None] + steps, 0)
    taken = values.index_select(0, places.flatten()).view(places.shape + values.shape[1:])
    if bool(mask.all()):
        return taken, None
    return taken.masked_fill_(~mask.view(mask.shape + (1,) * (taken.ndim - 2)), fill), mask
