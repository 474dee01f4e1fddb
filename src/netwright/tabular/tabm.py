"""TabM for tables, as classifier and regressor: the first choice for a table."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any, final

import numpy as np
import torch
from sklearn.base import clone
from torch import Tensor, nn

from netwright.data import TableEncoder
from netwright.estimators import DeepClassifier, DeepRegressor, read_table
from netwright.estimators.heads import RegressionHead
from netwright.nets import TabM
from netwright.optim import WarmupCosine
from netwright.training import Choice, EarlyStopping, GradientClipping, Steps, Training
from netwright.training.choices import MIN_ROWS_FOR_VALIDATION

FEWEST_ROWS_OF_LEVEL = 20
SHARE_TO_JUDGE = 0.15
FEWEST_PASSES, STEPS_IN_LARGE_TABLES = 3, 4000
COSINE = "Loshchilov and Hutter (2016), arXiv:1608.03983"
PAPER = "Gorishniy, Kotelnikov and Babenko (2024), arXiv:2410.24210"


@final
@dataclass(eq=False, repr=False)
class TabMClassifier(DeepClassifier):
    """Ensemble of networks in one, for labels of rows in a table.

    Numbers bend at quantiles of the training rows, categories become learned vectors that are drawn to
    zero where a level is rare, and a few members that share nearly all weights vote.

    Args:
        n_members: networks in the ensemble.
        width: units of each hidden layer.
        depth: hidden layers.
        n_bins: bins of each numeric column; None takes half the square root of the rows, 8 to 48.
        dropout: share of the hidden units set to zero in training.
        class_weight: None, "balanced", or a weight for each class.
        table: how columns become numbers; None for the defaults of TabM.
        training: the recipe; open fields take TabM's own defaults.
        random_state: seed of everything that is drawn.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True, as_frame=True)
        >>> model = TabMClassifier(random_state=0).fit(X, y)
        >>> model.score(X, y) > 0.9
        True

    Source:
        Gorishniy, Kotelnikov and Babenko (2024), "TabM: Advancing Tabular Deep Learning with
        Parameter-Efficient Ensembling", arXiv:2410.24210.

    Differs:
        Embeddings of rare levels are shrunk, and the defaults are smaller, for laptops.
    """

    n_members: int = 8
    width: int = 128
    depth: int = 2
    n_bins: int | None = None
    dropout: float = 0.1
    class_weight: Any = None
    table: TableEncoder | None = None
    training: Training | None = None
    random_state: Any = None

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Tensor:
        """Return rows as one matrix: numbers first, category codes behind them."""
        return _read(self, X, rows=rows, fitting=fitting)

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return _build(self, n_outputs)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Fill the recipe with TabM's own defaults."""
        return _settle(training, n_rows, steps=1500, passes=12)


@final
@dataclass(eq=False, repr=False)
class TabMRegressor(DeepRegressor):
    """Ensemble of networks in one, for one number or several of rows in a table.

    Targets are standardised while learning, and errors beyond `delta` standard deviations count linearly,
    so that a few wild rows do not rule; inputs are treated as in `TabMClassifier`.

    Args:
        n_members: networks in the ensemble.
        width: units of each hidden layer.
        depth: hidden layers.
        n_bins: bins of each numeric column; None takes half the square root of the rows, 8 to 48.
        dropout: share of the hidden units set to zero in training.
        delta: standard deviations of the target beyond which an error counts linearly (Huber's loss); None
            for the squared error.
        table: how columns become numbers; None for the defaults of TabM.
        training: the recipe; open fields take TabM's own defaults.
        random_state: seed of everything that is drawn.

    Example:
        >>> from sklearn.datasets import load_diabetes
        >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
        >>> model = TabMRegressor(random_state=0).fit(X, y)
        >>> model.score(X, y) > 0.4
        True

    Source:
        Gorishniy, Kotelnikov and Babenko (2024), "TabM: Advancing Tabular Deep Learning with
        Parameter-Efficient Ensembling", arXiv:2410.24210.

    Differs:
        Embeddings of rare levels are shrunk, the loss is Huber's, and the defaults are smaller, for laptops.
    """

    n_members: int = 8
    width: int = 128
    depth: int = 2
    n_bins: int | None = None
    dropout: float = 0.1
    delta: float | None = 2.0
    table: TableEncoder | None = None
    training: Training | None = None
    random_state: Any = None

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Tensor:
        """Return rows as one matrix: numbers first, category codes behind them."""
        return _read(self, X, rows=rows, fitting=fitting)

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return _build(self, n_outputs)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Fill the recipe with TabM's own defaults."""
        return _settle(training, n_rows, steps=3000, passes=20)

    def head(self, target: Tensor) -> RegressionHead:
        """Return the head for the training targets."""
        return RegressionHead.of(target, delta=self.delta)


def _read(model: TabMClassifier | TabMRegressor, X: Any, *, rows: np.ndarray | None, fitting: bool) -> Tensor:
    # what was special about a day says nothing about the days to come
    default = TableEncoder(
        calendar_days=not model.ahead_, min_count=FEWEST_ROWS_OF_LEVEL if len(X) >= 2000 else None
    )
    inputs = read_table(model, X, rows=rows, fitting=fitting, default=default)
    if fitting:
        n_numbers = model.table_.n_numbers_
        n_bins = model.n_bins or min(max(math.isqrt(len(inputs)) // 2, 8), 48)
        model.edges_ = [bin_edges(column, n_bins) for column in inputs[:, :n_numbers].T.numpy()]
        codes = inputs[:, n_numbers:].long()
        model.counts_ = [
            torch.bincount(column, minlength=levels)
            for column, levels in zip(codes.unbind(1), model.table_.cardinalities_, strict=True)
        ]
    return inputs


def _build(model: TabMClassifier | TabMRegressor, n_outputs: int) -> TabM:
    levels = model.table_.cardinalities_
    return TabM(
        [torch.as_tensor(edges, dtype=torch.float32, device="cpu") for edges in model.edges_],
        cardinalities=levels,
        n_outputs=n_outputs,
        counts=model.counts_,
        width=model.width,
        depth=model.depth,
        n_members=model.n_members,
        dropout=model.dropout,
    )


def _settle(training: Training, n_rows: int, *, steps: int, passes: int) -> tuple[Training, list[Choice]]:
    """Fill what is open: at least that many passes, and about that many steps where the table is small."""
    recipe, chosen = clone(training), []

    def fill(name: str, value: Any, reason: str, source: str = "") -> None:
        if getattr(recipe, name) is None:
            setattr(recipe, name, value)
            chosen.append(Choice(name, value, reason, source))

    if n_rows >= MIN_ROWS_FOR_VALIDATION:
        fill("validation", SHARE_TO_JUDGE, "enough to judge each epoch by, and the more to learn from")
    n_learn = n_rows - round(n_rows * (recipe.validation or 0))
    size = min(max(2 ** round(math.log2(max(n_learn, 1) / 128)), 32), 1024)
    fill(
        "batch_size",
        size,
        f"near a 128th of {n_learn} rows: {Steps(n_learn, size).per_epoch} steps in an epoch",
    )
    per_epoch = Steps(n_learn, recipe.batch_size or size).per_epoch
    passes = min(passes, max(round(STEPS_IN_LARGE_TABLES / per_epoch), FEWEST_PASSES))
    epochs = min(max(round(steps / per_epoch), passes), 100)
    fill(
        "epochs",
        epochs,
        f"{epochs * per_epoch} steps; at least {passes} passes, and {steps} steps in small tables",
    )
    fill("learning_rate", 2e-3, "TabM's usual rate with AdamW", PAPER)
    fill("schedule", WarmupCosine(), "a gentle start, and small steps at the end", COSINE)
    if recipe.optimizer is None:
        recipe.optimizer = partial(torch.optim.AdamW, weight_decay=3e-4, fused=True)
    patience = max(5, (recipe.epochs or epochs) // 3)
    for default in (GradientClipping(max_norm=1.0), EarlyStopping(patience=patience)):
        given = any(isinstance(callback, type(default)) for callback in recipe.callbacks)
        if not given and (recipe.validation or isinstance(default, GradientClipping)):
            recipe.callbacks = [*recipe.callbacks, default]
    return recipe, chosen


def bin_edges(column: np.ndarray, n_bins: int) -> np.ndarray:
    """Return the edges of bins of about equally many rows; no single value takes more than one of them.

    Args:
        column: finite numbers.
        n_bins: bins at most; a column of few values has an edge at each of them.

    Example:
        >>> bin_edges(np.array([0.0, 0, 0, 0, 1, 2, 3, 4]), n_bins=2)
        array([0., 2., 4.])
    """
    values, counts = np.unique(column.astype(np.float64), return_counts=True)
    if len(values) == 1:
        return np.array([values[0], values[0] + 1.0])
    if len(values) <= n_bins + 1:
        return values
    weights = np.minimum(counts, len(column) / n_bins)
    middle = np.cumsum(weights) - weights / 2
    # edges stand at values that occur, so that no bin lies in a gap where there are no rows
    inner = values[np.searchsorted(middle, np.linspace(middle[0], middle[-1], n_bins + 1)[1:-1])]
    return np.unique(np.concatenate([values[:1], inner, values[-1:]]))
