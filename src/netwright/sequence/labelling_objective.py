"""The loss of a label at each step, over whole sequences or piece by piece."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.data import SequenceBatch
from netwright.sequence.over_sequences import OverSequences
from netwright.training import Batch, Objective
from netwright.training.batches import map_tensors
from netwright.training.distribute.shards import is_divided
from netwright.training.truncated import with_gradient

UNLABELLED = -100
"""The class number of steps that count for nothing."""


@final
class LabellingObjective(Objective):
    """The mean over sequences of the mean loss over their steps.

    Where sequences are learned in pieces, the state goes on from piece to piece and its gradient does not, so
    that memory grows with the piece alone.

        loss = 1/n sum_i w_i / T_i sum_t l(f(x_i)_t, y_it)

    Args:
        step_loss: (logits of steps, class numbers) -> a loss for each step; None for cross-entropy.
        piece: steps of a piece; None for whole sequences.

    Example:
        >>> batch = Batch(None, torch.tensor([[1, 0], [1, -100]]))
        >>> outputs = torch.tensor([[[0.0, 9.0], [9.0, 0.0]], [[0.0, 0.0], [5.0, 5.0]]])
        >>> round(LabellingObjective().loss(lambda _: outputs, batch).item(), 3)
        0.347
    """

    def __init__(
        self, step_loss: Callable[[Tensor, Tensor], Tensor] | None = None, piece: int | None = None
    ) -> None:
        self.step_loss = step_loss or partial(F.cross_entropy, reduction="none")
        self.piece = piece

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return the mean loss of the batch; with pieces its gradient is known already."""
        if self.piece is None or not network.training:
            return self._share(network(batch.inputs), batch, batch.target)
        return self._in_pieces(cast("OverSequences", network), batch, self.piece)

    def predict(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return the probabilities of all labelled steps, one sequence behind the other."""
        probability: Tensor = network(batch.inputs)[batch.target != UNLABELLED].softmax(-1)
        return probability

    def judge(self, network: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return loss and prediction from one pass of the network."""
        outputs = network(batch.inputs)
        known = batch.target != UNLABELLED
        return self._share(outputs, batch, batch.target), outputs[known].softmax(-1)

    def truth(self, batch: Batch) -> Tensor:
        """Return the class numbers of all labelled steps."""
        return batch.target[batch.target != UNLABELLED]

    def _share(self, outputs: Tensor, batch: Batch, target: Tensor) -> Tensor:
        """What these steps add to the mean loss of the batch."""
        known = target != UNLABELLED
        losses = self.step_loss(outputs[known], target[known])
        if losses.ndim != 1:
            raise InputError(
                "loss must give a loss for each step", "one number for the batch", "set reduction='none'"
            )
        counts = (batch.target != UNLABELLED).sum(1).clamp(min=1)
        weight = (1 if batch.weight is None else batch.weight) / (counts * len(counts))
        return (losses * weight[:, None].expand(known.shape)[known]).sum()

    def _in_pieces(self, network: OverSequences, batch: Batch, piece: int) -> Tensor:
        parameters = [p for p in network.parameters() if p.requires_grad]
        at_once = torch.is_grad_enabled() and not is_divided(parameters[0])
        gradients: list[Tensor] = [torch.zeros_like(p) for p in parameters]
        total, state = torch.zeros((), device=batch.target.device), None
        for start in range(0, batch.target.shape[1], piece):
            outputs, state = network.proceed(_cut(batch.inputs, start, piece), state)
            state = map_tensors(state, Tensor.detach)
            part = self._share(outputs, batch, batch.target[:, start : start + piece])
            if at_once:
                found = torch.autograd.grad(part, parameters, materialize_grads=True, allow_unused=True)
                gradients = [one + other for one, other in zip(gradients, found, strict=True)]
                part = part.detach()
            total = total + part
        return with_gradient(total, parameters, gradients) if at_once else total


def _cut(batch: SequenceBatch, start: int, piece: int) -> SequenceBatch:
    """A piece of each sequence; some rows may have no real step there."""
    values = batch.values[:, start : start + piece]
    mask: Any = None if batch.mask is None else batch.mask[:, start : start + piece]
    return SequenceBatch(values, (batch.lengths - start).clamp(0, piece), mask)
