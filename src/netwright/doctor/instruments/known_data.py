"""One's own network on data that everybody knows: does it learn there?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from scipy import stats
from sklearn.datasets import load_digits, make_moons
from torch import Tensor, nn

from netwright.core.errors import InputError

REFERENCE = {"digits": 0.97, "two moons": 0.98}
"""Held-out accuracy of scikit-learn's MLPClassifier as it comes, in whole points, on the rows used here."""
SURE = 1e-3


@dataclass(frozen=True)
class KnownResult:
    """How well a network did on well-known rows.

    Args:
        data: which.
        accuracy: of the network on held-out rows.
        reference: what others reach there.
        n_rows: held out.

    Example:
        >>> KnownResult("digits", 0.1, 0.97, 450).sound
        False
    """

    data: str
    accuracy: float
    reference: float
    n_rows: int

    @property
    def sound(self) -> bool:
        """Whether the network cannot be told from the reference, or is better (binomial p above 0.001)."""
        right = round(self.accuracy * self.n_rows)
        p = stats.binomtest(right, self.n_rows, self.reference, alternative="less").pvalue
        return bool(p > SURE)


def try_known_data(
    build: Callable[[int, int], nn.Module],
    data: Literal["digits", "two moons"] = "digits",
    *,
    epochs: int = 40,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    random_state: int = 0,
) -> KnownResult:
    """Train one's own network on data on which most networks do well, beside a stored result.

    Use it to find out whether the network or the data is at fault. The columns are standardised, a quarter
    of the rows is held out, and Adam minimises the cross-entropy; the random stream is put back.

    Args:
        build: (columns, classes) -> network that gives scores (rows, classes).
        data: 1,797 handwritten digits of 64 columns and 10 classes, or 1,000 points on two moons.
        epochs: over the training rows.
        batch_size: rows of a step.
        learning_rate: of Adam.
        random_state: of weights, split and order.

    Raises:
        InputError: when there is no such data.

    Example:
        >>> def build(columns: int, classes: int) -> nn.Module:
        ...     return nn.Sequential(nn.Linear(columns, 32), nn.ReLU(), nn.Linear(32, classes))
        >>> try_known_data(build, "two moons", learning_rate=0.01).sound
        True

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    if data not in REFERENCE:
        raise InputError("data must be 'digits' or 'two moons'", repr(data), "take one of them")
    X, y = load_digits(return_X_y=True) if data == "digits" else make_moons(1000, noise=0.15, random_state=0)
    inputs, labels = torch.from_numpy(X).float(), torch.from_numpy(y)
    with torch.random.fork_rng():
        torch.manual_seed(random_state)
        order = torch.randperm(len(inputs))
        train, held = order[: 3 * len(order) // 4], order[3 * len(order) // 4 :]
        mean, spread = inputs[train].mean(0), inputs[train].std(0)
        inputs = (inputs - mean) / torch.where(spread > 0, spread, 1.0)
        network = build(inputs.shape[1], int(labels.max()) + 1)
        _fit(network, inputs[train], labels[train], epochs, batch_size, learning_rate)
        network.eval()
        with torch.no_grad():
            right = float((network(inputs[held]).argmax(1) == labels[held]).double().mean())
    return KnownResult(data, right, REFERENCE[data], len(held))


def _fit(
    network: nn.Module, inputs: Tensor, labels: Tensor, epochs: int, batch_size: int, learning_rate: float
) -> None:
    optimizer = torch.optim.Adam(network.parameters(), learning_rate)
    for _ in range(epochs):
        for rows in torch.randperm(len(inputs)).split(batch_size):  # type: ignore[no-untyped-call]
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(inputs[rows]), labels[rows]).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
