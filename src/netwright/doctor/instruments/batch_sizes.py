"""Advice on the batch size, with what a step of it takes of memory."""

import copy
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError

SMALLEST, LARGEST = 32, 512
"""Rows between which small-batch methods usually take their steps."""


@dataclass(frozen=True)
class BatchAdvice:
    """What is said of a batch size.

    Args:
        notes: sentences, none where nothing is to be said.
        bytes: of a step: weights, gradients, the optimizer's state, and what backward passes keep.

    Example:
        >>> BatchAdvice((), 4096).notes
        ()
    """

    notes: tuple[str, ...]
    bytes: int


def advise_batch_size(
    network: nn.Module, rows: Float[Tensor, "batch ..."], batch_size: int, n_rows: int, *, n_states: int = 0
) -> BatchAdvice:
    """Tell whether a batch size is a usual one, and how many bytes a step with it takes.

    Use it before a long run. Small-batch methods take 32 to 512 rows; more tend to end in sharp minima and
    give few steps, fewer are slow, and powers of two may be faster. Nothing of it is a law: a note says what
    to look at.

    Args:
        network: to be trained; it stays as it is.
        rows: a few of its inputs, at least two.
        batch_size: rows of a step.
        n_rows: of the training set.
        n_states: numbers that the optimizer keeps of each weight: 0 for gradient descent, 1 with momentum,
            2 for Adam.

    Raises:
        InputError: when there are fewer than two rows, or the batch size is below 1.

    Example:
        >>> advise_batch_size(nn.Linear(4, 2), torch.zeros(8, 4), 64, 1000).notes
        ()
        >>> advise_batch_size(nn.Linear(4, 2), torch.zeros(8, 4), 64, 50).notes
        ('64 rows a step are more than the 50 there are: every step takes all of them.',)

    Source:
        Keskar, Mudigere, Nocedal, Smelyanskiy and Tang (2017), "On Large-Batch Training for Deep Learning:
        Generalization Gap and Sharp Minima", arXiv:1609.04836.
    """
    if batch_size < 1:
        raise InputError("batch_size must be at least 1", str(batch_size), "take 32")
    notes = []
    if batch_size > n_rows:
        notes.append(
            f"{batch_size} rows a step are more than the {n_rows} there are: every step takes all of them."
        )
    elif batch_size > LARGEST:
        notes.append(
            f"{batch_size} rows a step are more than {LARGEST}: an epoch has {-(-n_rows // batch_size)} "
            "steps, and the minimum may be a sharp one."
        )
    if batch_size < min(SMALLEST, n_rows):
        notes.append(f"{batch_size} rows a step are fewer than {SMALLEST}: an epoch takes long.")
    if batch_size & (batch_size - 1):
        notes.append(f"{batch_size} is no power of two, which may be slower.")
    return BatchAdvice(tuple(notes), step_memory(network, rows, batch_size, n_states=n_states))


def step_memory(
    network: nn.Module, rows: Float[Tensor, "batch ..."], batch_size: int, *, n_states: int = 0
) -> int:
    """Return how many bytes a training step takes at its peak.

    Weights, buffers and the optimizer's numbers for each weight stand there all the time. What a backward
    pass needs is measured on half of the rows and on all of them, and grows with the batch from there; it is
    given back as gradients come. Beside it stand the gradients of two layers at a time, as large as the
    largest of what was kept.

        bytes = (1 + n_states) weights + buffers + max(batch kept, weights) + 2 batch largest

    Args:
        network: to be trained; it stays as it is.
        rows: a few of its inputs, at least two.
        batch_size: rows of a step.
        n_states: numbers that the optimizer keeps of each weight.

    Raises:
        InputError: when there are fewer than two rows.

    Example:
        >>> network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
        >>> step_memory(network, torch.zeros(8, 4), 64) > step_memory(network, torch.zeros(8, 4), 32)
        True
    """
    if len(rows) < 2:
        raise InputError("there must be at least two rows", str(len(rows)), "give a few inputs")
    half = len(rows) // 2
    few, many = _kept(network, rows[:half]), _kept(network, rows)
    kept, largest = ((b - a) / (len(rows) - half) for a, b in zip(few, many, strict=True))
    weights = sum(one.numel() * one.element_size() for one in network.parameters())
    buffers = sum(one.numel() * one.element_size() for one in network.buffers())
    row = rows[0].numel() * rows.element_size()
    passing = max(batch_size * max(kept, row), weights) + 2 * batch_size * largest
    return int((1 + n_states) * weights + buffers + passing)


def _kept(network: nn.Module, rows: Tensor) -> tuple[int, int]:
    """Bytes that a forward pass keeps for the backward one, and those of the largest tensor among them."""
    network = copy.deepcopy(network)
    own = {one.untyped_storage().data_ptr() for one in (*network.parameters(), *network.buffers())}
    seen: dict[int, int] = {}

    def keep(one: Tensor) -> Tensor:
        storage = one.untyped_storage()
        if storage.data_ptr() not in own:
            seen[storage.data_ptr()] = storage.nbytes()
        return one

    with torch.random.fork_rng(), torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(keep, _same):
        answer = network(rows.clone())  # a part of a larger tensor would count as the whole
    seen.setdefault(answer.untyped_storage().data_ptr(), answer.untyped_storage().nbytes())
    return sum(seen.values()), max(seen.values(), default=0)


def _same(one: Tensor) -> Tensor:
    return one
