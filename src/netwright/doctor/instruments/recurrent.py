"""Recurrent networks as they are mostly begun with, and which cell does best on one's own rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netwright.core.errors import InputError

CELLS: dict[str, Callable[..., nn.RNNBase]] = {"GRU": nn.GRU, "LSTM": nn.LSTM, "RNN": nn.RNN}


class RecurrentStack(nn.Module):
    """A recurrent layer with Glorot's first weights and layer normalisation around it, and a linear answer.

    Use it as the first thing to try on sequences: a GRU has fewer weights than an LSTM and mostly does as
    well, and normalisation forgives unscaled inputs and higher rates. It answers from its last step.

    Args:
        n_inputs: features of each step.
        n_outputs: of the answer.
        width: units of the cell.
        cell: "GRU", "LSTM" or "RNN".

    Raises:
        InputError: when the cell is none of the three.

    Example:
        >>> RecurrentStack(3, 2)(torch.zeros(4, 10, 3)).shape
        torch.Size([4, 2])

    Source:
        Hafner (2017), "Tips for Training Recurrent Neural Networks", danijar.com
    """

    def __init__(self, n_inputs: int, n_outputs: int, width: int = 32, cell: str = "GRU") -> None:
        super().__init__()
        if cell not in CELLS:
            raise InputError(f"cell must be one of {', '.join(CELLS)}", repr(cell), "take GRU")
        self.before = nn.LayerNorm(n_inputs) if n_inputs > 1 else nn.Identity()
        self.cell = CELLS[cell](n_inputs, width, batch_first=True)
        self.after = nn.LayerNorm(width)
        self.out = nn.Linear(width, n_outputs)
        for weight in self.cell.parameters():
            if weight.ndim > 1:
                for gate in weight.chunk(weight.shape[0] // width):
                    nn.init.xavier_uniform_(gate)
            else:
                nn.init.zeros_(weight)
        nn.init.xavier_uniform_(self.out.weight)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.cell(self.before(x))  # (batch, time, width)
        answer: Tensor = self.out(self.after(states[:, -1]))
        return answer


@dataclass(frozen=True)
class RecurrentAdvice:
    """What to begin with, and how the cells did.

    Args:
        network: the stack that was built, untrained, with a GRU.
        losses: cell -> mean held-out loss over the seeds, lowest first.
        runs: cell -> held-out loss of each seed.

    Example:
        >>> RecurrentAdvice(nn.Identity(), {"GRU": 0.1, "RNN": 0.4}).best
        'GRU'
    """

    network: nn.Module
    losses: dict[str, float]
    runs: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def best(self) -> str:
        """The cell with the lowest held-out loss."""
        return next(iter(self.losses))


def advise_recurrent(
    x: Tensor,
    y: Tensor,
    *,
    width: int = 32,
    steps: int = 200,
    cells: Sequence[str] = ("GRU", "LSTM", "RNN"),
    seeds: Sequence[int] = (0, 1),
) -> RecurrentAdvice:
    """Build the usual stack for sequences, and race the cells on one's own rows.

    Each cell is trained for as many steps of Adam on four fifths of the rows, with the norm of the gradient
    cut at 1, and judged on the last fifth.

    Args:
        x: (rows, time, features).
        y: (rows,), labels as whole numbers or numbers to be predicted.
        width: units of the cells.
        steps: of each training, of 64 rows each.
        cells: that race.
        seeds: of the repeats.

    Raises:
        InputError: when there are fewer than 20 rows, or x has not three axes.

    Example:
        >>> x = torch.randn(60, 5, 2, generator=torch.Generator().manual_seed(0))
        >>> advice = advise_recurrent(x, x[:, -1, 0], steps=5, seeds=(0,))
        >>> type(advice.network.cell).__name__, sorted(advice.losses)
        ('GRU', ['GRU', 'LSTM', 'RNN'])

    Source:
        Hafner (2017), "Tips for Training Recurrent Neural Networks", danijar.com
    """
    if x.ndim != 3 or len(x) < 20 or len(y) != len(x):
        raise InputError(
            "x must be (rows, time, features), 20 rows or more with a target each", f"{x.shape}", ""
        )
    labels = not y.is_floating_point()
    n_outputs = int(y.max()) + 1 if labels else 1
    y = y if labels else (y - y.mean()) / y.std().clamp(min=1e-12)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = RecurrentStack(x.shape[2], n_outputs, width)
        runs = {
            cell: tuple(_race(x, y, n_outputs, width, steps, cell, seed) for seed in seeds) for cell in cells
        }
    means = {cell: sum(losses) / len(losses) for cell, losses in runs.items()}
    return RecurrentAdvice(network, dict(sorted(means.items(), key=lambda one: one[1])), runs)


def _race(x: Tensor, y: Tensor, n_outputs: int, width: int, steps: int, cell: str, seed: int) -> float:
    """The held-out loss of one cell after its training."""
    torch.manual_seed(seed)
    order = torch.randperm(len(x))
    train, held_out = order[: len(x) * 4 // 5], order[len(x) * 4 // 5 :]
    network = RecurrentStack(x.shape[2], n_outputs, width, cell)
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    for _ in range(steps):
        rows = train[torch.randint(len(train), (64,))]
        optimizer.zero_grad()
        _loss(network(x[rows]), y[rows]).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    with torch.no_grad():
        return float(_loss(network(x[held_out]), y[held_out]))


def _loss(answer: Tensor, target: Tensor) -> Tensor:
    if target.is_floating_point():
        return F.mse_loss(answer[:, 0], target)
    return F.cross_entropy(answer, target)
