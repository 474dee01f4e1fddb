import pytest
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.training import (
    Callback,
    EarlyStopping,
    Objective,
    Player,
    Supervised,
    TensorSamples,
    Training,
)


class Logarithm(nn.Module):
    """Not a number for what is below zero."""

    def forward(self, x):
        return torch.log(x)


class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.logarithm, self.last = nn.Linear(2, 3), Logarithm(), nn.Linear(3, 1)
        nn.init.constant_(self.first.weight, 1.0)
        nn.init.constant_(self.first.bias, 1.0)

    def forward(self, x):
        return self.last(self.logarithm(self.first(x)))


def positive(n_rows=40):
    X = torch.rand(n_rows, 2, generator=torch.Generator().manual_seed(0))
    return TensorSamples(X, X.sum(1, keepdim=True))


def run(network, samples, *callbacks, objective=None, validation=None, **settings):
    settings = {"epochs": 4, "batch_size": 10, "learning_rate": 0.01, "validation": 0} | settings
    recipe = Training(optimizer=torch.optim.SGD, callbacks=list(callbacks), **settings)
    return recipe.run(network, objective or Supervised(nn.MSELoss()), samples, validation)


def message(*told, **settings):
    with pytest.raises(InputError) as caught:
        run(*told, **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_logarithm_of_a_negative_names_its_layer_and_the_batch():
    samples, place = positive(), torch.randperm(40, generator=torch.Generator().manual_seed(0))[23]
    samples.inputs[place] = -9.0
    said = message(Named(), samples)
    assert "the training loss must stay finite, got nan in epoch 1, step 3 of 4" in said
    assert "the first output that is not finite is that of logarithm (Logarithm)" in said


def test_a_row_that_is_no_number_is_named_in_its_batch():
    order = torch.randperm(40, generator=torch.Generator().manual_seed(0))
    samples = positive()
    samples.inputs[order[15], 1] = torch.nan
    assert "epoch 1, step 2 of 4: its inputs are not finite in row 6 of the batch" in message(
        Named(), samples
    )
    samples = positive()
    samples.target[order[30:38]] = torch.inf
    assert "step 4 of 4: its targets are not finite in rows 1, 2, 3, 4, 5 and more" in message(
        nn.Linear(2, 1), samples
    )


def test_a_rate_that_is_far_too_high_is_seen_in_what_overflows():
    said = message(nn.Sequential(nn.Linear(2, 8), nn.Linear(8, 1)), positive(), learning_rate=1e8)
    assert "step 3 of 4: the first output" in said
    assert "is that of 1 (Linear), whose weights reach" in said
    assert said.endswith("lower learning_rate, add GradientClipping, or scale the inputs")
    network = nn.Linear(2, 1)
    nn.init.constant_(network.weight, 1e30)
    said = message(network, positive())
    assert "got inf in epoch 1, step 1 of 4: every layer's output is finite (up to 1." in said
    assert "e+30, in the network (Linear)), the loss made of them is not" in said


def test_a_gradient_that_is_no_number_is_seen_in_the_weights_one_step_later():
    class Root(nn.Module):
        def forward(self, x):
            return torch.sqrt(x * 0)

    network = nn.Sequential(nn.Linear(2, 1), Root())
    said = message(network, positive())
    assert "nan in epoch 1, step 2 of 4: the weights 0.weight are no longer finite" in said


def test_what_a_network_computes_between_its_layers_is_put_down_to_it():
    class Between(nn.Module):
        def __init__(self):
            super().__init__()
            self.line = nn.Linear(2, 1)

        def forward(self, x):
            return torch.log(-self.line(x).abs())

    assert "that of the network (Between)" in message(Between(), positive())


def test_a_loss_that_chance_made_is_not_put_down_to_a_layer():
    class Once(Objective):
        asked = 0

        def loss(self, network, batch):
            self.asked += 1
            return network(batch.inputs).mean() * (torch.nan if self.asked == 2 else 1.0)

    assert "gives a finite loss now" in message(nn.Linear(2, 1), positive(), objective=Once())


def test_the_player_whose_loss_it_was_is_the_one_that_is_asked():
    class Two(Objective):
        def loss(self, network, batch):
            return network[0](batch.inputs).mean()

        def players(self, network):
            def second(network, batch):
                return torch.log(-network[1](batch.inputs).abs()).mean()

            first = Player("first", tuple(network[0].parameters()), self.loss)
            return first, Player("second", tuple(network[1].parameters()), second)

    network = nn.ModuleList([nn.Linear(2, 1), nn.Linear(2, 1)])
    said = message(network, positive(), objective=Two())
    assert "in 1 (Linear)), the loss made of them is not" in said


class Spoil(Callback):
    """Makes the weights such that the loss overflows, in the third epoch."""

    def __init__(self):
        self.weights = {}

    def on_epoch_start(self, run):
        if run.epoch == 3:
            with torch.no_grad():
                run.network.weight.fill_(torch.nan)

    def on_epoch_end(self, run):
        self.weights[run.epoch] = run.network.weight.detach().clone()


def test_the_best_epoch_is_kept_where_there_is_one():
    network, spoil = nn.Linear(2, 1), Spoil()
    record = run(network, positive(), spoil, EarlyStopping(patience=None), validation=positive(20))
    assert len(record.epochs) == 2
    assert record.stopped.startswith(
        "the loss was nan in epoch 3, step 1 of 4; the weights weight are no longer"
    )
    assert record.stopped.endswith("the best epoch was kept")
    assert torch.equal(network.weight, spoil.weights[record.best_epoch])
    assert not network.training


def test_looking_for_the_cause_changes_no_weight_no_buffer_and_no_stream():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), Logarithm(), nn.Linear(4, 1))
    kept, seen = {}, []

    class Keep(Callback):
        def on_epoch_start(self, run):
            kept.update({name: tensor.clone() for name, tensor in run.network.state_dict().items()})

        def on_end(self, run):
            seen.append(torch.get_rng_state())

    before = torch.get_rng_state()
    assert "that of 3 (Logarithm)" in message(network, positive(10), Keep())
    assert torch.equal(torch.get_rng_state(), before)
    for name, tensor in network.named_parameters():
        assert torch.equal(tensor, kept[name])
    assert network[1].num_batches_tracked == 1
    assert all(not module._forward_hooks for module in network.modules())
