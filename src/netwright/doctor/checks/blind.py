"""Where on its way through a network the input is lost."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten

from netwright.doctor.case.case import Case
from netwright.doctor.case.rows import Rows


def first_blind_part(network: nn.Module, rows: Any, others: Any) -> str | None:
    """Return the name of the first part whose answer is the same, to the last bit, for any input.

    Use it when a network learns as well from noise as from your rows: the part it names throws the input
    away. Parts are compared in the order in which they answer, in evaluation mode; the network's modes and
    the random stream stay as they are.

    Args:
        network: to be followed through.
        rows: as it takes them, a tensor or a tuple of them.
        others: of the same shape, and different everywhere: noise will do.

    Returns:
        None where the network's answer depends on the input. Where the difference gets lost between two
        parts, the later one.

    Example:
        >>> class Gone(nn.Module):
        ...     def forward(self, x):
        ...         return x * 0
        >>> network = nn.Sequential(nn.Linear(2, 3), Gone(), nn.Linear(3, 1))
        >>> first_blind_part(network, torch.randn(4, 2), torch.randn(4, 2))
        '1'

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    passes = [_answers(network, one) for one in (rows, others)]
    told_apart, lost = False, None
    for (name, entered, left), (_, also_entered, also_left) in zip(*passes, strict=False):
        if not _same(left, also_left):
            told_apart, lost = True, None
        elif lost is None and (told_apart or not _same(entered, also_entered)):
            lost = name
    return lost or None


def _answers(network: nn.Module, rows: Any) -> list[tuple[str, list[Tensor], list[Tensor]]]:
    """(name, what entered, what left) of each part, in the order in which they answered."""
    heard: list[tuple[str, list[Tensor], list[Tensor]]] = []
    names = {part: name for name, part in network.named_modules()}

    def listen(part: nn.Module, args: Any, output: Any) -> None:
        heard.append((names[part], _tensors(args), _tensors(output)))

    handles = [part.register_forward_hook(listen) for part in names]
    modes = {part: part.training for part in network.modules()}
    try:
        network.eval()
        with torch.no_grad(), torch.random.fork_rng():
            torch.manual_seed(0)
            network(*(rows if isinstance(rows, tuple) else (rows,)))
    finally:
        for handle in handles:
            handle.remove()
        for part, mode in modes.items():
            part.training = mode
    return heard


def _tensors(value: Any) -> list[Tensor]:
    return [one.detach().clone() for one in tree_flatten(value)[0] if isinstance(one, Tensor)]


def _same(one: list[Tensor], other: list[Tensor]) -> bool:
    return len(one) == len(other) and all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def blind_place(case: Case, rows: Rows) -> str:
    """Return the name of the part of the case's network at which the rows are lost, or of the network.

    Args:
        case: whose.
        rows: which the network tells no two of apart.
    """
    copies = case.end()
    if copies is None or case.network is None or id(case.network) not in copies.modules:
        return case.name
    given = (rows.inputs, *rows.others)
    others = tuple(one.roll(1, 0) for one in given)
    try:
        name = first_blind_part(copies.modules[id(case.network)], given, others)
    except Exception:  # the network takes its rows in another way
        return case.name
    return f"{case.name}.{name}" if name else case.name
