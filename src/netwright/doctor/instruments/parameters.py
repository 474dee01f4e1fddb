"""Parameters looked at: which of them stay as they are, how far a step moves them, how they are spread."""

import copy
import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

SMALLEST, LARGEST = 1e-6, 1e-1
"""Of an update beside its weights; about a thousandth is usual."""
BINS = 30


@dataclass(frozen=True)
class Still:
    """Parameters that a training leaves as they are.

    Args:
        frozen: names of those that ask for no gradient.
        unknown: names of those that ask for one, and that no optimizer knows.

    Example:
        >>> Still(("0.weight",), ()).frozen
        ('0.weight',)
    """

    frozen: tuple[str, ...]
    unknown: tuple[str, ...]


def list_still(network: nn.Module, *optimizers: Optimizer) -> Still:
    """Name the parameters of a network that no step of these optimizers will move.

    Use it before a fine-tuning, to see whether exactly those layers are frozen that you meant.

    Args:
        network: whose.
        optimizers: of the training.

    Example:
        >>> network = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
        >>> _ = network[0].requires_grad_(False)
        >>> list_still(network, torch.optim.SGD(network[1].parameters(), lr=0.1))
        Still(frozen=('0.weight', '0.bias'), unknown=())

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"
    """
    known = {id(one) for made in optimizers for group in made.param_groups for one in group["params"]}
    named = list(network.named_parameters())
    return Still(
        tuple(name for name, one in named if not one.requires_grad),
        tuple(name for name, one in named if one.requires_grad and id(one) not in known),
    )


@dataclass(frozen=True)
class UpdateSizes:
    """How far one step moved each matrix, beside its weights.

    Args:
        ratios: root mean square of the update over that of the weights, by the name of the matrix.

    Example:
        >>> UpdateSizes({"0.weight": 3.0}).advice
        'lower'
    """

    ratios: dict[str, float]

    @property
    def middle(self) -> float:
        """The median of the ratios; NaN without any."""
        found = sorted(self.ratios.values())
        return found[len(found) // 2] if found else float("nan")

    @property
    def advice(self) -> Literal["lower", "higher", "keep"]:
        """What to do with the learning rate: lower it above a tenth, raise it below a millionth."""
        if self.middle > LARGEST:
            return "lower"
        return "higher" if self.middle < SMALLEST else "keep"


def measure_updates(
    network: nn.Module, optimizer: Optimizer, loss: Callable[[nn.Module], Tensor]
) -> UpdateSizes:
    """Take one step on copies of a network and its optimizer, and tell how far it goes.

    Use it where the learning rate is in doubt: a step of about a thousandth of the weights is usual, and
    one of a tenth or more mostly diverges. The network and the optimizer stay as they are.

    Args:
        network: that learns.
        optimizer: over its parameters.
        loss: of the network, such as `lambda net: F.mse_loss(net(x), y)`.

    Example:
        >>> network = nn.Linear(3, 2)
        >>> optimizer = torch.optim.SGD(network.parameters(), lr=1e-9)
        >>> measure_updates(network, optimizer, lambda net: net(torch.ones(4, 3)).square().mean()).advice
        'higher'

    Source:
        Karpathy et al., "CS231n: Convolutional Neural Networks for Visual Recognition", notes,
        cs231n.github.io/neural-networks-3, "Ratio of weights:updates"
    """
    twin, its_optimizer = copy.deepcopy((network, optimizer))
    before = {name: one.detach().clone() for name, one in twin.named_parameters()}
    with torch.enable_grad(), torch.random.fork_rng():
        its_optimizer.zero_grad()
        loss(twin).backward()  # type: ignore[no-untyped-call]
        its_optimizer.step()
    return UpdateSizes(
        {
            name: float((one.detach() - before[name]).norm() / before[name].norm().clamp(min=1e-12))
            for name, one in twin.named_parameters()
            if one.requires_grad and one.ndim > 1
        }
    )


def draw_parameters(
    network: nn.Module, file: str | Path, values: Mapping[str, Tensor] | None = None
) -> dict[str, list[int]]:
    """Write a page with a histogram of each parameter, and of whatever else is given.

    Look for weights that are not spread like a bell, biases that have gone far from 0, and parameters that
    stand at two ends. The page is one file of HTML with nothing to fetch.

    Args:
        network: whose parameters.
        file: to be written.
        values: further tensors by name, such as activations, gradients or updates.

    Returns:
        The counts of the bins by name, as they were drawn.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     counts = draw_parameters(nn.Linear(3, 2), Path(folder) / "weights.html")
        >>> {name: sum(bins) for name, bins in counts.items()}
        {'weight': 6, 'bias': 2}

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"
    """
    drawn = {name: one.detach() for name, one in network.named_parameters()} | dict(values or {})
    counts: dict[str, list[int]] = {}
    parts = ["<!doctype html><meta charset=utf-8><title>Parameters</title>"]
    for name, one in drawn.items():
        flat = one.detach().double().flatten().cpu()
        real = flat[torch.isfinite(flat)]
        low, high = (float(real.min()), float(real.max())) if len(real) else (0.0, 0.0)
        bins = torch.histc(real, BINS, low, high).long().tolist() if high > low else [len(real)]
        counts[name] = bins
        lost = len(flat) - len(real)
        said = f"{name}: {len(flat):,} numbers from {low:.3g} to {high:.3g}"
        parts.append(f"<p>{html.escape(said)}{f', {lost} no number' if lost else ''}</p>{_bars(bins)}")
    Path(file).write_text("\n".join(parts) + "\n", encoding="utf-8")
    return counts


def _bars(counts: list[int]) -> str:
    """A histogram as a drawing within the page."""
    top = max(counts, default=0) or 1
    bars = "".join(
        f'<rect x="{8 * place}" y="{60 - 60 * count / top:.1f}" width="7" height="{60 * count / top:.1f}"/>'
        for place, count in enumerate(counts)
    )
    return f'<svg width="{8 * BINS}" height="60" fill="#00796b">{bars}</svg>'
