"""Learning curves as a matplotlib figure, for a notebook or a paper."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from netwright.report.curves import LearningCurves, learning_curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE = "#1f5fa8", "#b4510b"


def plot_learning_curves(history: Sequence[Mapping[str, float]]) -> "Figure":
    """Plot loss and metrics per epoch for training and validation, with their reading as title.

    Use it outside the report; the figure belongs to nobody's global state, save it with `figure.savefig`.

    Args:
        history: one mapping per epoch, see `learning_curves`.

    Raises:
        InputError: when the history is empty or has no loss.

    Example:
        >>> figure = plot_learning_curves([{"epoch": k, "loss": 1 / k} for k in range(1, 30)])
        >>> figure.axes[0].get_ylabel()
        'loss'
    """
    from matplotlib.figure import Figure  # half a second that only those who draw should wait

    curves = learning_curves(history)
    names = list(dict.fromkeys([*curves.training, *curves.validation]))
    figure = Figure(figsize=(5 * len(names), 3.6), layout="constrained")
    figure.suptitle(curves.reading, fontsize=10)
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        _draw(axes, curves, name)
    return figure


def _draw(axes: "Axes", curves: LearningCurves, name: str) -> None:
    for split, values, colour, dash in (
        ("training", curves.training.get(name), BLUE, "-"),
        ("validation", curves.validation.get(name), ORANGE, "--"),
    ):
        if values is not None:
            axes.plot(curves.epochs, values, dash, color=colour, label=split)
    if curves.best_epoch is not None:
        axes.axvline(curves.best_epoch, color="0.4", linewidth=0.8, label=f"best epoch {curves.best_epoch}")
    if curves.plateau_epoch is not None:
        axes.axvline(
            curves.plateau_epoch,
            color="0.4",
            linewidth=0.8,
            linestyle=":",
            label=f"levels off at {curves.plateau_epoch}",
        )
    axes.set(xlabel="epoch", ylabel=name)
    axes.legend(frameon=False, fontsize=8)
