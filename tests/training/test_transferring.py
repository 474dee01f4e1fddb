import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from netwright.core.errors import InputError
from netwright.training import (
    DiscriminativeRates,
    Freezing,
    GradualUnfreezing,
    Supervised,
    TensorSamples,
    Training,
    replace_head,
    transfer_weights,
)


def build(n_outputs):
    return nn.Sequential(
        nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU(),
        nn.Linear(128, 64), nn.BatchNorm1d(64), nn.ReLU(),
        nn.Linear(64, n_outputs),
    )  # fmt: skip


def fit(network, X, y, epochs, callbacks=(), batch_size=32):
    recipe = Training(
        epochs=epochs, batch_size=batch_size, learning_rate=2e-3, validation=0, callbacks=callbacks
    )
    recipe.run(network, Supervised(nn.CrossEntropyLoss()), TensorSamples(X, y))


def accuracy(network, X, y):
    with torch.no_grad():
        return (network.eval()(X).argmax(1) == y).float().mean().item()


class Digits:
    """Noisy digits: many rows of which only the pair is known (0 or 1, 2 or 3, ...), and 50 of each digit.

    The pretrained network has learnt the pairs; no row is in two of the three parts.
    """

    def __init__(self, seed):
        generator = torch.Generator().manual_seed(seed)
        images, digits = load_digits(return_X_y=True)
        X, y = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(digits)
        order = torch.randperm(len(X), generator=generator)
        X, y = X[order], y[order]
        few = torch.cat([torch.where(y == digit)[0][:50] for digit in range(10)])
        others = torch.tensor(sorted(set(range(len(X))) - set(few.tolist())))
        many, judge = others[:800].repeat(5), others[800:]

        def noisy(rows):
            return X[rows] + 0.5 * torch.randn(len(rows), 64, generator=generator)

        self.X, self.y, self.judge = noisy(few), y[few], (noisy(judge), y[judge])
        torch.manual_seed(seed)
        self.pretrained = build(5)
        fit(self.pretrained, noisy(many), y[many] // 2, epochs=5, batch_size=64)


@pytest.fixture(scope="module")
def digits():
    return [Digits(seed) for seed in range(2)]


def copied(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def test_fine_tuned_with_frozen_layers_50_labels_per_class_beat_scratch(digits):
    """The softmax layer is replaced, the first block frozen to the bit, the rest learns at falling rates."""
    for data in digits:
        scratch = build(10)
        fit(scratch, data.X, data.y, epochs=10)
        tuned = build(5)
        transfer_weights(data.pretrained, tuned)
        assert replace_head(tuned, 10) == "6"
        before = copied(tuned)
        fit(
            tuned,
            data.X,
            data.y,
            epochs=10,
            callbacks=[Freezing(["0", "1"]), DiscriminativeRates(["3", "4", "6"])],
        )
        for name, value in tuned.state_dict().items():
            assert torch.equal(value, before[name]) == name.startswith(("0", "1")), name
        assert accuracy(tuned, *data.judge) > accuracy(scratch, *data.judge) + 0.02


def test_transferred_weights_equal_the_source_and_the_first_epoch_is_above_scratch(digits):
    for data in digits:
        scratch, started = build(10), build(10)
        kept = copied(data.pretrained)
        told = transfer_weights(data.pretrained, started)
        for name, value in started.state_dict().items():
            assert (name in told.copied) == (not name.startswith("6"))
            assert not name.startswith("6") or name in told.differing
            assert name.startswith("6") or torch.equal(value, kept[name])
        fit(scratch, data.X, data.y, epochs=1)
        fit(started, data.X, data.y, epochs=1)
        assert accuracy(started, *data.judge) > accuracy(scratch, *data.judge) + 0.05
        for name, value in data.pretrained.state_dict().items():
            assert torch.equal(value, kept[name])  # nothing is shared


def test_gradual_unfreezing_beats_scratch_too(digits):
    for data in digits:
        scratch, tuned = build(10), build(10)
        fit(scratch, data.X, data.y, epochs=10)
        transfer_weights(data.pretrained, tuned)
        fit(
            tuned,
            data.X,
            data.y,
            epochs=10,
            callbacks=[GradualUnfreezing([["0", "1"], ["3", "4"], "6"], every=3)],
        )
        assert accuracy(tuned, *data.judge) > accuracy(scratch, *data.judge)


def test_what_was_copied_and_what_not_is_told_by_name():
    source = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 4), nn.Linear(4, 4))
    target = nn.Sequential(nn.Linear(2, 3, bias=False), nn.BatchNorm1d(3), nn.Linear(3, 5))
    target.add_module("extra", nn.Linear(5, 1))
    source[1].running_mean.fill_(3.0)
    told = transfer_weights(source, target)
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    assert told.copied == ("0.weight", *(f"1.{name}" for name in ("weight", "bias", *statistics)))
    assert told.differing == ("2.weight", "2.bias")
    assert told.lacking == ("extra.weight", "extra.bias")
    assert told.unused == ("0.bias", "3.weight", "3.bias")
    assert target[1].running_mean.tolist() == [3.0] * 3


def test_networks_that_share_nothing_are_named():
    with pytest.raises(InputError, match="source and target must share names and shapes"):
        transfer_weights(nn.Linear(2, 3), nn.Linear(3, 4))


def test_a_new_head_is_like_the_old_one_but_for_its_outputs():
    network = nn.Sequential(
        nn.Linear(2, 4), nn.Sequential(nn.Linear(4, 9, bias=False), nn.Softmax(1))
    ).double()
    network.eval()
    assert replace_head(network, 3) == "1.0"
    head = network[1][0]
    assert (head.in_features, head.out_features, head.bias) == (4, 3, None)
    assert head.weight.dtype is torch.float64
    assert not head.training
    assert network(torch.zeros(5, 2, dtype=torch.float64)).shape == (5, 3)


@pytest.mark.parametrize(("network", "n_outputs"), [(nn.Linear(2, 2), 3), (nn.ReLU(), 3), (build(2), 0)])
def test_a_network_without_a_head_is_named(network, n_outputs):
    with pytest.raises(InputError, match="a head must be a linear layer inside the network"):
        replace_head(network, n_outputs)
