"""What a network says about many rows, in batches of any size."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from netwright.core.device import choose_device
from netwright.core.errors import InputError
from netwright.training.batches import map_tensors, move
from netwright.training.objective import Objective
from netwright.training.samples import Batch


def predict(
    network: nn.Module,
    inputs: Any,
    *,
    batch_size: int = 1024,
    device: str | torch.device | None = None,
    objective: Objective | None = None,
) -> Any:
    """Return what the network gives for all rows, whatever batches it was trained with.

    Use it for a network of your own; estimators have `predict`. The network computes in evaluation mode
    without gradients, so that a row's answer does not depend on the rows beside it: one row at a time gives
    what a thousand at once give, but for the last bits. Afterwards it is in the mode and on the device that
    it was.

    Args:
        network: any module; it may answer with a tensor, or tuples and dictionaries of tensors, whose first
            axis is the rows.
        inputs: a tensor, or samples of inputs or of whole batches.
        batch_size: rows that pass the network together.
        device: where it computes; None for where the network is.
        objective: whose `predict` asks the network, where calling it with the inputs is not enough.

    Returns:
        The answers for all rows, on the processor.

    Raises:
        InputError: when there are no rows, or the answers have not one entry for each of them.

    Example:
        >>> network, X = nn.BatchNorm1d(2), torch.randn(5, 2)
        >>> torch.equal(predict(network, X, batch_size=1), predict(network, X))
        True
        >>> network.training
        True

    Source:
        Brownlee (2017), "How to use Different Batch Sizes when Training and Predicting with LSTMs",
        machinelearningmastery.com.
    """
    n_rows = len(inputs)
    if not n_rows or batch_size < 1:
        raise InputError(
            "predict must have rows, and a batch_size of at least 1",
            f"{n_rows} rows and {batch_size}",
            "give both",
        )
    answers = []
    with _ready(network, device) as place, torch.inference_mode():
        for rows in torch.arange(n_rows).split(batch_size):  # type: ignore[no-untyped-call]
            batch = move(inputs[rows], place)
            if objective is not None:
                answer = objective.predict(network, batch)
            else:
                answer = network(batch.inputs if isinstance(batch, Batch) else batch)
            answers.append(map_tensors(answer, partial(_checked, n_rows=len(rows))))
    return _joined(answers)


@contextmanager
def _ready(network: nn.Module, device: str | torch.device | None) -> Iterator[torch.device]:
    """The network in evaluation mode, on its device or another; afterwards each part is as it was."""
    home = next((p.device for p in network.parameters()), torch.device("cpu"))
    place = home if device is None else choose_device(str(device))
    modes = [(module, module.training) for module in network.modules()]
    network.eval().to(place)
    try:
        yield place
    finally:
        network.to(home)
        for module, training in modes:
            module.training = training


def _checked(answer: Tensor, n_rows: int) -> Tensor:
    if answer.ndim == 0 or len(answer) != n_rows:
        raise InputError(
            f"the network must answer with one entry for each of the {n_rows} rows of a batch",
            str(tuple(answer.shape)),
            "give an objective whose predict leaves out what is no answer, such as the last state",
        )
    return answer.cpu()


def _joined(answers: list[Any]) -> Any:
    first = answers[0]
    if isinstance(first, Tensor):
        return torch.cat(answers)
    if isinstance(first, dict):
        return {name: _joined([answer[name] for answer in answers]) for name in first}
    if isinstance(first, (list, tuple)):
        parts = [_joined(list(part)) for part in zip(*answers, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)
    return first
