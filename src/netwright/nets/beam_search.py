"""Beam search: the sequences that a network writes with the highest probability, as far as they are found."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from netwright.core.errors import InputError
from netwright.nets.recurrent_stack import State

Step = Callable[[Tensor, tuple[State, ...], int], tuple[Tensor, tuple[State, ...]]]
"""(last symbols (rows, 1), state, number of the step) -> (scores of the next (rows, vocabulary), state)."""

PADDING, START, END = 0, 1, 2
"""The symbols that mean nothing, the beginning and the end."""


@torch.no_grad()
def search_beams(
    step: Step, state: tuple[State, ...], steps: int, beams: int = 1
) -> tuple[Int[Tensor, "batch beams steps"], Float[Tensor, "batch beams"]]:
    """Write sequences from left to right and keep the best few beginnings at every step.

    Use it for any network that writes symbol after symbol. One beam takes the most probable symbol each
    time, which is greedy; as many as there are sequences find the most probable one for certain.

        score(y_1 ... y_t) = score(y_1 ... y_(t-1)) + log p(y_t | y_1 ... y_(t-1))

    A sequence is complete with the symbol END (2), behind which all is PADDING (0); it begins after START
    (1), which is not written.

    Args:
        step: (last symbols, state, number of the step) -> scores of the next symbols, before any softmax, and
            state; called with batch * beams rows.
        state: of every layer, with one row for each sequence.
        steps: most symbols to write, END included.
        beams: beginnings to keep.

    Returns:
        The sequences, the best first, and the logarithms of their probabilities.

    Raises:
        InputError: when steps or beams are below 1.

    Example:
        >>> def likes_end(last, state, number):
        ...     return torch.tensor([[0.0, 0.0, 0.75, 0.25]]).log().expand(len(last), -1), state
        >>> sequences, scores = search_beams(likes_end, ((torch.zeros(1, 1),),), steps=2, beams=2)
        >>> sequences, scores.exp()
        (tensor([[[2, 0],
                 [3, 2]]]), tensor([[0.7500, 0.1875]]))

    Source:
        Sutskever, Vinyals and Le (2014), "Sequence to Sequence Learning with Neural Networks",
        arXiv:1409.3215.
    """
    if min(steps, beams) < 1:
        raise InputError("steps and beams must be at least 1", f"{steps} and {beams}", "1 beam is greedy")
    rows = state[0][0].shape[0]
    device = state[0][0].device
    first_row = beams * torch.arange(rows, device=device)[:, None]
    state = _rows(state, torch.arange(rows, device=device).repeat_interleave(beams))
    symbols = torch.zeros(rows, beams, steps, dtype=torch.int64, device=device)
    last = torch.full((rows * beams, 1), START, device=device)
    done = torch.zeros(rows, beams, dtype=torch.bool, device=device)
    scores = torch.full((rows, beams), -torch.inf, device=device)
    scores[:, 0] = 0.0  # the beams begin alike: one of them is enough
    for number in range(steps):
        told, state = step(last, state, number)
        sums = scores[..., None] + _log_probabilities(told.reshape(rows, beams, -1), done)
        scores, places = sums.flatten(1).topk(beams, 1)
        parents, chosen = places // told.shape[1], places % told.shape[1]
        symbols = symbols.take_along_dim(parents[..., None], 1)
        symbols[..., number] = chosen
        done = done.gather(1, parents) | (chosen == END)
        state = _rows(state, (first_row + parents).flatten())
        last = chosen.reshape(-1, 1)
        if bool(done.all()):
            break
    return symbols, scores


def _log_probabilities(told: Tensor, done: Tensor) -> Tensor:
    """Of the next symbols: never START, PADDING behind the end and there alone."""
    logs = told.float().log_softmax(-1)
    logs[..., START] = logs[..., PADDING] = -torch.inf
    behind = torch.full_like(logs[0, 0], -torch.inf)
    behind[PADDING] = 0.0
    return torch.where(done[..., None], behind, logs)


def _rows(state: tuple[State, ...], kept: Tensor) -> tuple[State, ...]:
    """The state of some rows."""
    return tuple(tuple(part[kept] for part in one) for one in state)
