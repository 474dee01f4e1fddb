import pytest
import torch
from sklearn.datasets import load_iris
from torch import nn

from netwright.contracts import check_callback
from netwright.core.errors import InputError
from netwright.tabular import MLPClassifier
from netwright.training import (
    Callback,
    GradientAccumulation,
    GradientClipping,
    Supervised,
    TensorSamples,
    Training,
    ValueClipping,
)


def samples(n_rows=150, *, weighted):
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(n_rows, 3, generator=generator)
    weight = torch.rand(n_rows, generator=generator) * 2 if weighted else None
    return TensorSamples(X, X[:, :1] * X[:, 1:2] + 2, weight)


class Passes(Callback):
    """How many rows pass the network together."""

    needs_autograd = True

    def __init__(self):
        self.rows = []

    def on_start(self, run):
        self.hook = run.network.register_forward_hook(
            lambda module, inputs, _: self.rows.append(len(inputs[0]))
        )

    def on_end(self, run):
        self.hook.remove()


def run(callbacks, *, weighted=False):
    """150 rows in batches of 64: the last one has 22."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    recipe = Training(
        epochs=4,
        batch_size=64,
        learning_rate=0.3,
        optimizer=torch.optim.SGD,
        validation=0,
        callbacks=callbacks,
    )
    record = recipe.run(network, Supervised(nn.MSELoss()), samples(weighted=weighted), seed=1)
    return nn.utils.parameters_to_vector(network.parameters()).detach(), record


def test_gradient_accumulation_keeps_the_callback_contract():
    check_callback(GradientAccumulation(3))


@pytest.mark.parametrize("rows_at_once", [1, 7, 16, 64, 1000])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("clipping", [[], [GradientClipping(0.2)], [ValueClipping(0.05)]])
def test_parts_give_the_step_of_the_whole_batch(rows_at_once, weighted, clipping):
    whole, record = run(clipping, weighted=weighted)
    parts, parted = run([GradientAccumulation(rows_at_once), *clipping], weighted=weighted)
    torch.testing.assert_close(parts, whole, atol=1e-6, rtol=0)
    assert parted.values("loss") == pytest.approx(record.values("loss"), abs=1e-6)
    assert parted.steps_per_epoch == record.steps_per_epoch == 3


def test_no_more_rows_than_told_pass_the_network_together():
    passes = Passes()
    run([GradientAccumulation(24), passes])
    assert max(passes.rows) <= 24
    assert [sum(passes.rows[:3]), sum(passes.rows[3:6]), passes.rows[6]] == [64, 64, 22]


@pytest.mark.parametrize("rows", [0, 2.5, True])
def test_parts_are_a_whole_number_of_rows(rows):
    with pytest.raises(InputError, match="rows_at_once must be a whole number from 1"):
        run([GradientAccumulation(rows)])


def test_an_estimator_takes_it_and_learns_the_same():
    X, y = load_iris(return_X_y=True)

    def probabilities(callbacks):
        training = Training(epochs=5, batch_size=64, validation=0, callbacks=callbacks)
        model = MLPClassifier(hidden=(8,), class_weight="balanced", training=training, random_state=0)
        return torch.from_numpy(model.fit(X, y).predict_proba(X))

    torch.testing.assert_close(
        probabilities([GradientAccumulation(10)]), probabilities([]), atol=1e-5, rtol=0
    )
