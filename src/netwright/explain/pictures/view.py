"""A network, the pictures it is asked about and the answers in question, whatever they came as."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.training import predict

MAPS = 4
"""Axes of maps: (batch, channels, rows, columns)."""


@final
@dataclass(frozen=True)
class View:
    """What an explanation is made of.

    Args:
        network: takes float32 pictures.
        images: (rows, channels, height, width) of float32.
        target: (rows) the output that is asked about.
        sign: (rows) 1, or -1 where the network has one output and its negative is asked about.

    Example:
        >>> view = look(nn.Sequential(nn.Flatten(), nn.Linear(4, 3)), torch.zeros(2, 1, 2, 2), 1)
        >>> view.target
        tensor([1, 1])
    """

    network: nn.Module
    images: Tensor
    target: Tensor
    sign: Tensor

    def score(self, outputs: Tensor, rows: Tensor) -> Tensor:
        """Return the answer in question of each row, (rows).

        Args:
            outputs: (rows, outputs) of the network.
            rows: which rows of the view they belong to.
        """
        target = self.target[rows].to(outputs.device)
        return outputs.gather(1, target[:, None])[:, 0] * self.sign[rows].to(outputs)


def look(model: Any, images: Any, target: Any = None) -> View:
    """Return what an explanation is made of.

    Args:
        model: a network, or a fitted estimator of `netwright.vision`.
        images: (rows, channels, height, width) for a network; all that it reads for an estimator.
        target: which answer is to be explained, one for all rows or one for each: the number of an output of
            a network, a label of an estimator; None for the likeliest. A single output of a network is
            itself where 1 or None is asked for, and its negative where 0 is.

    Raises:
        InputError: when the model is neither, pictures have other axes, or a target is no answer of it.
    """
    network = model if isinstance(model, nn.Module) else getattr(model, "network_", None)
    if not isinstance(network, nn.Module):
        mend = "give a torch module, or fit the estimator first"
        raise InputError("model must be a network or a fitted estimator", type(model).__name__, mend)
    pixels = torch.as_tensor(images if model is network else model.admit(images))
    if pixels.ndim != MAPS or not len(pixels):
        mend = "for one picture add an axis: images[None]"
        expected = "images must be (rows, channels, height, width) with a row at least"
        raise InputError(expected, str(tuple(pixels.shape)), mend)
    outputs = predict(network, pixels.float(), batch_size=256)
    if outputs.ndim != 2:
        mend = "explain a network that answers with a row of numbers for each picture"
        raise InputError("the network must answer with (rows, outputs)", str(tuple(outputs.shape)), mend)
    asked, sign = _answers(model, outputs, target)
    return View(network, pixels.float(), asked, sign)


@contextmanager
def at_rest(network: nn.Module) -> Iterator[torch.device]:
    """Keep a network in evaluation mode inside the block, and yield the device that it is on.

    Args:
        network: each of its modules is afterwards in the mode that it was.

    Example:
        >>> network = nn.Dropout().train()
        >>> with at_rest(network):
        ...     print(network.training)
        False
        >>> network.training
        True
    """
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield next((p.device for p in network.parameters()), torch.device("cpu"))
    finally:
        for module, training in modes:
            module.training = training


def last_convolution(network: nn.Module) -> nn.Module:
    """Return the last two-dimensional convolution of a network, in the order of its modules.

    Args:
        network: of any kind.

    Raises:
        InputError: when it has none.

    Example:
        >>> last_convolution(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()))
        Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))
    """
    found = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    if not found:
        mend = "take occlusion_sensitivity or integrated_gradients, which need none"
        raise InputError("the network must have a convolution", type(network).__name__, mend)
    return found[-1]


def per_batch(view: View, batch_size: int, ask: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Return what a function says of all rows of a view, batch by batch, on the processor.

    Args:
        view: the network is in evaluation mode meanwhile.
        batch_size: rows at once.
        ask: (pictures on the network's device, their row numbers) -> one entry for each row.
    """
    with at_rest(view.network) as device:
        rows = torch.arange(len(view.images)).split(batch_size)  # type: ignore[no-untyped-call]
        return torch.cat([ask(view.images[part].to(device), part).detach().cpu() for part in rows])


def _answers(model: Any, outputs: Tensor, target: Any) -> tuple[Tensor, Tensor]:
    """Which output each row is asked about, and with which sign."""
    n_rows, n_outputs = outputs.shape
    labels = getattr(model, "classes_", None)
    single = n_outputs == 1
    if target is not None:
        asked = _numbers(target, labels, n_rows)
    elif single:
        asked = torch.ones(n_rows, dtype=torch.int64) if labels is None else (outputs[:, 0] > 0).long()
    else:
        asked = outputs.argmax(1)
    n_answers = 2 if single else n_outputs
    if int(asked.min()) < 0 or int(asked.max()) >= n_answers:
        came = f"{int(asked.min())} to {int(asked.max())}"
        raise InputError(f"target must be from 0 to {n_answers - 1}", came, "count outputs from 0")
    if single:
        return torch.zeros(n_rows, dtype=torch.int64), asked.float() * 2 - 1
    return asked, torch.ones(n_rows)


def _numbers(target: Any, labels: Any, n_rows: int) -> Tensor:
    given = np.atleast_1d(np.asarray(target.cpu() if isinstance(target, Tensor) else target))
    if given.shape not in ((1,), (n_rows,)):
        mend = "give one for all, or one for each picture"
        raise InputError(f"target must be one answer or {n_rows}", str(given.shape), mend)
    if labels is not None:
        known = {label: number for number, label in enumerate(np.asarray(labels).tolist())}
        missing = [one for one in given.tolist() if one not in known]
        if missing:
            raise InputError("target must be a label", repr(missing[0]), f"such as {list(known)[:8]}")
        given = np.array([known[one] for one in given.tolist()])
    if given.dtype.kind not in "iu":
        raise InputError("target must be whole numbers", str(given.dtype), "give numbers of outputs")
    return torch.as_tensor(given.astype(np.int64)).expand(n_rows).clone()
