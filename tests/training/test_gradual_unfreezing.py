import pytest
import torch
from sklearn.datasets import load_iris
from torch import nn

from netwright.contracts import check_callback
from netwright.core.errors import InputError
from netwright.core.state import write_state
from netwright.tabular import MLPClassifier
from netwright.training import (
    Callback,
    Checkpoint,
    Freezing,
    GradualUnfreezing,
    Supervised,
    TensorSamples,
    Training,
)
from netwright.training.callbacks.checkpoint import LAST


def samples(n_rows=48):
    X = torch.randn(n_rows, 3, generator=torch.Generator().manual_seed(0)) + 1
    return TensorSamples(X, X[:, :1] * X[:, 1:2])


def fresh():
    """Three blocks, each a linear layer and batch normalisation, and a head."""
    torch.manual_seed(0)
    blocks = [nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Tanh()) for _ in range(3)]
    return nn.Sequential(*blocks, nn.Linear(3, 1))


class Moves(Callback):
    """Which blocks changed by a single bit in each epoch: parameters or buffers."""

    def __init__(self):
        self.epochs = []

    def on_epoch_start(self, run):
        self.before = {name: value.clone() for name, value in run.network.state_dict().items()}

    def on_epoch_end(self, run):
        now = run.network.state_dict()
        moved = [name for name, value in now.items() if not torch.equal(value, self.before[name])]
        whole = {name.split(".")[0] for name in moved}
        assert set(moved) == {name for name in now if name.split(".")[0] in whole}  # a block moves as one
        self.epochs.append("".join(sorted(whole)))


def heavy_sgd(parameters, lr):
    return torch.optim.SGD(parameters, lr=lr, momentum=0.9, weight_decay=0.1)


def run(network, callbacks, optimizer=heavy_sgd, epochs=5):
    recipe = Training(
        epochs=epochs,
        batch_size=16,
        learning_rate=0.05,
        optimizer=optimizer,
        validation=0,
        callbacks=callbacks,
    )
    return recipe.run(network, Supervised(nn.MSELoss()), samples())


def test_gradual_unfreezing_keeps_the_callback_contract():
    check_callback(GradualUnfreezing(["0.bias", "0.weight"]))


@pytest.mark.parametrize("optimizer", [heavy_sgd, None])
@pytest.mark.parametrize(
    ("settings", "epochs"),
    [
        ({"blocks": ["0", "1", "2", "3"]}, ["3", "23", "123", "0123", "0123"]),
        ({"blocks": ["0", "1", "2"]}, ["23", "123", "0123", "0123", "0123"]),  # what is not named learns
        ({"blocks": ["0", "1", "2", "3"], "every": 2}, ["3", "3", "23", "23", "123"]),
        ({"blocks": [["0", "1"], lambda name: name.startswith(("2", "3"))]}, ["23", *["0123"] * 4]),
        ({"blocks": ["3", "1"]}, ["012", *["0123"] * 4]),
    ],
)
def test_in_each_epoch_the_blocks_move_whose_turn_has_come_and_no_other_by_a_bit(settings, epochs, optimizer):
    moves, network = Moves(), fresh()
    run(network, [GradualUnfreezing(**settings), moves], optimizer)
    assert moves.epochs == epochs
    assert all(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("freezing_first", [True, False])
def test_what_is_frozen_otherwise_stays_frozen(freezing_first):
    moves, network = Moves(), fresh()
    network[3].bias.requires_grad_(False)
    callbacks = [Freezing(["0"]), GradualUnfreezing(["0", "1", "2"])]
    run(network, callbacks if freezing_first else callbacks[::-1])
    held = network[3].bias.detach().clone()
    network[3].bias.requires_grad_(True)
    with torch.no_grad():
        network[3].bias.copy_(held)
    assert all(parameter.requires_grad for parameter in network.parameters())
    run(network, [*(callbacks if freezing_first else callbacks[::-1]), moves])
    assert moves.epochs == ["23", *["123"] * 4]


class PullThePlug(Callback):
    def __init__(self, folder, step=0, epoch=0):
        self.folder, self.step, self.epoch = folder, step, epoch

    def on_step_end(self, run):
        if run.n_steps == self.step:
            self.pull(run)

    def on_epoch_end(self, run):
        if run.epoch == self.epoch:
            self.pull(run)

    def pull(self, run):
        write_state(self.folder / LAST, run.state())
        raise ZeroDivisionError


@pytest.mark.parametrize("moment", [{"step": 2}, {"step": 5}, {"epoch": 1}, {"epoch": 3}])
def test_a_run_goes_on_with_the_same_blocks_and_bits(tmp_path, moment):
    whole, broken, resumed = fresh(), fresh(), fresh()
    unfreezing = GradualUnfreezing(["0", "1", "2", "3"])
    run(whole, [unfreezing])
    with pytest.raises(ZeroDivisionError):
        run(broken, [unfreezing, PullThePlug(tmp_path, **moment)])
    assert all(parameter.requires_grad for parameter in broken.parameters())
    run(resumed, [unfreezing, Checkpoint(tmp_path, resume=True)])
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_blocks_and_epochs_are_checked():
    with pytest.raises(InputError, match=r"blocks must name parts of the network .* got '9'"):
        run(fresh(), [GradualUnfreezing(["0", "9"])])
    with pytest.raises(InputError, match="every must be a whole number from 1"):
        run(fresh(), [GradualUnfreezing(["0"], every=0)])


def test_an_estimator_takes_it():
    X, y = load_iris(return_X_y=True)
    blocks = [lambda name: "layers.0" in name, lambda name: "layers.0" not in name]
    training = Training(epochs=30, learning_rate=0.02, callbacks=[GradualUnfreezing(blocks)])
    assert MLPClassifier(hidden=(16,), training=training, random_state=0).fit(X, y).score(X, y) > 0.9
