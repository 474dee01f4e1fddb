import io
import subprocess
import sys

import numpy as np

from netwright.report import plot_learning_curves

HISTORY = [
    {"epoch": k, "loss": 1 / k, "validation_loss": 1.2 / k, "validation_auc": 1 - 0.4 / k, "seconds": 1.0}
    for k in range(1, 40)
]


def test_the_figure_shows_every_value_of_every_split():
    loss, auc = plot_learning_curves(HISTORY).axes
    lines = {line.get_label(): line.get_xydata() for line in loss.get_lines()}
    np.testing.assert_allclose(lines["training"], [(row["epoch"], row["loss"]) for row in HISTORY])
    np.testing.assert_allclose(
        lines["validation"], [(row["epoch"], row["validation_loss"]) for row in HISTORY]
    )
    np.testing.assert_allclose(auc.get_lines()[0].get_ydata(), [row["validation_auc"] for row in HISTORY])


def test_best_epoch_and_plateau_are_marked():
    labels = plot_learning_curves(HISTORY).axes[0].get_legend_handles_labels()[1]
    assert "best epoch 39" in labels
    assert any(label.startswith("levels off at") for label in labels)


def test_the_figure_draws_without_any_global_state():
    figure, file = plot_learning_curves(HISTORY), io.BytesIO()
    figure.savefig(file, format="png")
    assert file.getvalue().startswith(b"\x89PNG")
    curve = "[{'loss': 1.0}, {'loss': 0.5}]"
    code = (
        "import sys, netwright.report as r; assert 'matplotlib' not in sys.modules;"
        f"r.plot_learning_curves({curve}); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
