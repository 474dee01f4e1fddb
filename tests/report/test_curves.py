import numpy as np
import pytest
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.report import learning_curves
from netwright.training import Callback, EpochMetric, Supervised, TensorSamples, Training


class Weights(Callback):
    """Keeps the weights after each epoch."""

    def __init__(self, network):
        self.seen = [self.of(network)]

    def of(self, network):
        return network.weight.detach().double().numpy().copy(), network.bias.detach().double().numpy().copy()

    def on_measure(self, run):
        self.seen.append(self.of(run.network))


def test_curves_have_one_value_per_epoch_and_split_that_equals_a_recomputation():
    torch.manual_seed(0)
    x, noise = torch.randn(90, 3), 0.1 * torch.randn(90, 1)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5]]) + noise
    network = nn.Linear(3, 1)
    weights = Weights(network)
    mean_absolute = EpochMetric("validation_mae", lambda truth, answer: np.abs(truth - answer).mean())
    record = Training(epochs=12, batch_size=60, learning_rate=0.05, callbacks=[weights, mean_absolute]).run(
        network, Supervised(nn.MSELoss()), TensorSamples(x[:60], y[:60]), TensorSamples(x[60:], y[60:])
    )
    curves = learning_curves(record.epochs)

    def errors(rows, epoch):
        matrix, offset = weights.seen[epoch]
        return y.double().numpy()[rows] - (x.double().numpy()[rows] @ matrix.T + offset)

    train, held = slice(0, 60), slice(60, 90)
    assert curves.epochs.tolist() == list(range(1, 13))
    # one step per epoch sees all training rows, before it moves the weights
    np.testing.assert_allclose(
        curves.training["loss"], [np.mean(errors(train, k) ** 2) for k in range(12)], atol=1e-6
    )
    np.testing.assert_allclose(
        curves.validation["loss"], [np.mean(errors(held, k) ** 2) for k in range(1, 13)], atol=1e-6
    )
    np.testing.assert_allclose(
        curves.validation["mae"], [np.mean(np.abs(errors(held, k))) for k in range(1, 13)], atol=1e-6
    )
    assert set(curves.training) == {"loss"}
    assert set(curves.validation) == {"loss", "mae"}
    assert curves.best_epoch == 1 + int(np.argmin(curves.validation["loss"]))


def history(training, validation=None):
    validation = [None] * len(training) if validation is None else validation
    return [
        {"epoch": k, "loss": a} | ({} if b is None else {"validation_loss": b})
        for k, (a, b) in enumerate(zip(training, validation, strict=True), 1)
    ]


EPOCHS = np.arange(60)
FALLING = 0.2 + np.exp(-EPOCHS / 6)


@pytest.mark.parametrize("jitter", [0.0, 0.01])
@pytest.mark.parametrize(
    ("training", "validation", "shape"),
    [
        (
            0.9 ** (EPOCHS / 2),
            np.where(EPOCHS < 25, 1 - EPOCHS / 50, 0.5 + (EPOCHS - 25) / 80),
            "overfitting",
        ),
        (1 - EPOCHS / 80, 1.1 - EPOCHS / 90, "improving"),
        (FALLING, FALLING + 0.1, "plateau"),
        (np.full(60, 0.69), np.full(60, 0.7), "flat"),
        (0.5 + EPOCHS / 10, 0.6 + EPOCHS / 10, "diverged"),
        (0.5 + EPOCHS / 10, np.where(EPOCHS < 3, 1.0, 1.0 + EPOCHS / 5), "diverged"),
    ],
)
def test_the_reading_finds_the_planted_shape(training, validation, shape, jitter):
    noise = np.random.default_rng(1).normal(0, jitter, (2, 60))
    assert learning_curves(history(training + noise[0], validation + noise[1])).shape == shape


def test_overfitting_is_dated_from_the_epoch_with_the_lowest_validation_loss():
    curves = learning_curves(history(0.95**EPOCHS, np.abs(EPOCHS - 20) / 20 + 0.3))
    assert curves.best_epoch == 21
    assert curves.reading.startswith("Overfitting since epoch 21:")


def test_the_plateau_is_dated_where_it_begins():
    curves = learning_curves(history(FALLING))
    assert curves.plateau_epoch == 19  # exp(-18 / 6) is 0.0498, exp(-17 / 6) is 0.0588
    assert (
        curves.reading
        == "Plateau since epoch 19: the training loss is level, more epochs would bring little."
    )


def test_a_loss_that_is_no_number_is_dated():
    curves = learning_curves(history([1.0, 0.9, 0.8, np.nan, np.nan, 0.7]))
    assert curves.reading.startswith("Diverged at epoch 4")
    assert curves.best_epoch == 6


def test_a_few_epochs_are_not_read():
    assert learning_curves(history([1.0, 0.5])).shape == "short"


def test_a_constant_loss_has_no_trend():
    assert learning_curves(history([0.0] * 10)).shape == "flat"


def test_epochs_keep_their_own_numbers():
    rows = [{"epoch": 10 * k, "loss": 1 / k} for k in range(1, 30)]
    assert learning_curves(rows).best_epoch == 290


def test_a_metric_that_is_missing_in_some_epochs_leaves_gaps():
    rows = [{"loss": 1.0, "auc": 0.5}, {"loss": 0.9}, {"loss": 0.8, "auc": 0.7}]
    assert np.isnan(learning_curves(rows).training["auc"]).tolist() == [False, True, False]


@pytest.mark.parametrize("rows", [[], [{"epoch": 1}]])
def test_a_history_without_loss_is_refused(rows):
    with pytest.raises(InputError, match="one mapping with a loss per epoch"):
        learning_curves(rows)
