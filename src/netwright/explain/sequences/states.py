"""All states of a recurrent network over time: what its units show, and what its cells hold."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.explain.pictures.view import at_rest
from netwright.layers import Cell, Recurrent
from netwright.layers.recurrent.cell import State, where_real


@torch.no_grad()
def recurrent_states(network: nn.Module, *inputs: Any) -> dict[str, Tensor]:
    """Return the state of every recurrent cell of a network behind every step.

    Use it to look into a recurrent network of any kind: give it what the network itself is called with. The
    network computes in evaluation mode and stays as it is.

    Args:
        network: with layers `Recurrent` of netwright, or `nn.LSTM`, `nn.GRU` and `nn.RNN` of torch.
        inputs: of the network.

    Returns:
        Tensors (batch, time, units) by name: that of the cell or layer, and for cells of netwright the part
        of the state in brackets; of an LSTM [0] is what it shows, h, and [1] what it holds, c. Of torch's
        layers it is what they give, both directions side by side.

    Raises:
        InputError: when the network has no recurrent layer, or one is called twice.

    Example:
        >>> from netwright.layers import LSTMCell
        >>> states = recurrent_states(Recurrent(LSTMCell(3, 4)), torch.zeros(2, 5, 3))
        >>> {name: tuple(one.shape) for name, one in states.items()}
        {'cells.0[0]': (2, 5, 4), 'cells.0[1]': (2, 5, 4)}
    """
    found: dict[str, Tensor] = {}
    backward = {
        id(cell)
        for layer in network.modules()
        if isinstance(layer, Recurrent) and layer.backward_cells is not None
        for cell in layer.backward_cells
    }
    with ExitStack() as held:
        for name, module in network.named_modules():
            if isinstance(module, Cell):
                held.enter_context(_listening(module, name, id(module) in backward, found))
            elif isinstance(module, nn.RNNBase):
                handle = module.register_forward_hook(_keeping(name, module.batch_first, found))
                held.callback(handle.remove)
        with at_rest(network) as device:
            network(*[one.to(device) if isinstance(one, Tensor) else one for one in inputs])
    if not found:
        mend = "give one with Recurrent, nn.LSTM, nn.GRU or nn.RNN, and what it is called with"
        raise InputError("the network must have a recurrent layer that runs", type(network).__name__, mend)
    return found


@contextmanager
def _listening(cell: Cell, name: str, backward: bool, found: dict[str, Tensor]) -> Iterator[None]:
    """Keep all states of a cell in the block, whatever calls it."""
    scan = cell.scan

    def heard(
        x: Tensor, state: State, mask: Tensor | None = None, keep: Tensor | None = None
    ) -> tuple[Tensor, State]:
        outputs, last = scan(x, state, mask, keep)
        states = _step_by_step(cell, x, state, mask)
        if not torch.allclose(states[0], outputs, rtol=1e-4, atol=1e-5):
            states = [outputs]  # a cell whose steps are not all alike shows its outputs alone
        for part, one in enumerate(states):
            _keep(found, f"{name}[{part}]", one.flip(1) if backward else one)
        return outputs, last

    vars(cell)["scan"] = heard
    try:
        yield
    finally:
        del vars(cell)["scan"]


def _step_by_step(cell: Cell, x: Tensor, state: State, mask: Tensor | None) -> list[Tensor]:
    """Each part of the state behind each step; zero in the first, the output, where a step is not real."""
    told = []
    for t, step in enumerate(cell.project(x).unbind(1)):
        new = cell.step(step, state, state[0])
        if mask is not None:
            real = mask[:, t]
            shown = where_real(real, new[0], torch.zeros_like(new[0]))
            new = tuple(where_real(real, *pair) for pair in zip(new, state, strict=True))
            told.append((shown, *new[1:]))
        else:
            told.append(new)
        state = new
    return [torch.stack(part, 1) for part in zip(*told, strict=True)]


def _keeping(name: str, batch_first: bool, found: dict[str, Tensor]) -> Callable[..., None]:
    def keep(_: nn.Module, __: Any, answer: Any) -> None:
        outputs = answer[0]
        if not isinstance(outputs, Tensor):
            outputs = nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True)[0]
        elif not batch_first:
            outputs = outputs.transpose(0, 1)
        _keep(found, name, outputs)

    return keep


def _keep(found: dict[str, Tensor], name: str, states: Tensor) -> None:
    if name in found:
        mend = "give a network that reads each sequence in one call"
        raise InputError("each recurrent layer must run once", f"{name!r} twice", mend)
    found[name] = states.detach().cpu()
