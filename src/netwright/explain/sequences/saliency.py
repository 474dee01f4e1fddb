"""Saliency over time: at which steps the input moves an answer."""

from typing import Any

import torch
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.explain.pictures.view import at_rest

TOKENS, SERIES = 2, 3
"""Axes of token numbers, and of a series."""


def saliency_over_time(
    network: nn.Module,
    inputs: Tensor,
    target: int | None = None,
    *,
    step: int | None = None,
    embedding: str | nn.Module | None = None,
) -> Tensor:
    """Return how much each step of the input moves an answer of the network, (rows, time).

    Use it to see how far back a network looks, and which words or moments an answer hangs on. It is a slope:
    it says what a small change would do; for tokens, which change as a whole, `explain_tokens` says more.

        s_t = |d answer / d x_t|   the Euclidean norm over features; for tokens, over those of the embedding

    Args:
        network: takes (rows, time, features), or (rows, time) numbers of tokens, and gives (rows, outputs) or
            (rows, time, outputs).
        inputs: what it is asked about.
        target: number of the output; None for the largest of each row.
        step: which of several answers, counted from the end where negative; None for the last.
        embedding: the layer that turns tokens into vectors, or its name; None for the first `nn.Embedding`.

    Raises:
        InputError: when inputs or answers have other axes, or tokens pass no embedding.

    Example:
        >>> from netwright.layers import ElmanCell, Recurrent
        >>> network = Recurrent(ElmanCell(1, 2), return_state=False)
        >>> saliency_over_time(network, torch.zeros(3, 5, 1)).shape
        torch.Size([3, 5])

    Source:
        Simonyan, Vedaldi and Zisserman (2013), "Deep Inside Convolutional Networks: Visualising Image
        Classification Models and Saliency Maps", arXiv:1312.6034; over the words of a sentence: Li, Chen,
        Hovy and Jurafsky (2015), "Visualizing and Understanding Neural Models in NLP", arXiv:1506.01066.
    """
    if inputs.ndim != (SERIES if inputs.is_floating_point() else TOKENS):
        mend = "give numbers of tokens, or a series with its features last"
        raise InputError(
            "inputs must be (rows, time) or (rows, time, features)", str(tuple(inputs.shape)), mend
        )
    with at_rest(network) as device, torch.enable_grad():
        read, answer = _ask(network, inputs.detach().to(device), embedding)
        (slope,) = torch.autograd.grad(_score(answer, target, step).sum(), read)
    size: Tensor = slope.norm(dim=2).cpu()
    return size


def _ask(network: nn.Module, inputs: Tensor, embedding: str | nn.Module | None) -> tuple[Tensor, Any]:
    """What the answer is differentiated by, and the answer."""
    if inputs.is_floating_point():
        inputs.requires_grad_()
        with torch.backends.cudnn.flags(enabled=False):  # its recurrent kernels have no slope at rest
            return inputs, network(inputs)
    held: list[Tensor] = []

    def hold(_: nn.Module, __: Any, vectors: Tensor) -> Tensor:
        held.append(vectors.detach().requires_grad_())
        return held[-1]

    handle = _embedding(network, embedding).register_forward_hook(hold)
    try:
        with torch.backends.cudnn.flags(enabled=False):
            answer = network(inputs)
    finally:
        handle.remove()
    read = next((one for one in held if one.shape[:-1] == inputs.shape), None)
    if read is None:
        raise InputError("tokens must pass the embedding", "none did", "name the layer that reads them")
    return read, answer


def _embedding(network: nn.Module, given: str | nn.Module | None) -> nn.Module:
    if isinstance(given, nn.Module):
        return given
    if given is not None:
        return network.get_submodule(given)
    found = [one for one in network.modules() if isinstance(one, nn.Embedding)]
    if not found:
        mend = "name the layer that turns tokens into vectors"
        raise InputError("the network must have an embedding", type(network).__name__, mend)
    return found[0]


def _score(answer: Any, target: int | None, step: int | None) -> Tensor:
    """The answer in question of each row."""
    first = answer if isinstance(answer, Tensor) else answer[0]
    if first.ndim == SERIES:
        first = first[:, -1 if step is None else step]
    if first.ndim != TOKENS:
        mend = "explain a network that gives a row of numbers"
        raise InputError(
            "answers must be (rows, outputs), for each step or not", str(tuple(first.shape)), mend
        )
    chosen: Tensor = first.max(1).values if target is None else first[:, target]
    return chosen
