import functools

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from netwright.core.errors import InputError
from netwright.layers import GhostBatchNorm1d
from netwright.training import (
    EarlyStopping,
    GradientClipping,
    Supervised,
    TensorSamples,
    Training,
    large_batch_regime,
)


def test_the_rate_grows_by_the_root_the_epochs_by_the_ratio_and_gradients_are_clipped():
    given = Training(epochs=10, batch_size=64, learning_rate=0.1, callbacks=[EarlyStopping(patience=3)])
    regime = large_batch_regime(given, batch_size=1024, reference_batch_size=64)
    assert (regime.epochs, regime.batch_size) == (160, 1024)
    assert regime.learning_rate == pytest.approx(0.4)
    clipping, stopping = regime.callbacks
    assert clipping.max_norm == 5
    assert stopping.patience == 48
    assert (given.epochs, given.batch_size, given.learning_rate, len(given.callbacks)) == (10, 64, 0.1, 1)


def test_clipping_of_ones_own_stays_and_the_reference_batch_size_changes_no_more_than_that():
    own = GradientClipping(1.0)
    given = Training(epochs=10, batch_size=64, learning_rate=0.1, callbacks=[own])
    assert large_batch_regime(given, 128, 64).callbacks == [own]
    same = large_batch_regime(given, 64, 64)
    assert (same.epochs, same.batch_size, same.learning_rate) == (10, 64, 0.1)


def test_what_cannot_be_multiplied_is_named():
    with pytest.raises(InputError, match=r"got epochs=None, learning_rate=0.1"):
        large_batch_regime(Training(learning_rate=0.1), 128, 64)
    with pytest.raises(InputError, match="at least 1, got 128 and 0"):
        large_batch_regime(Training(epochs=1, learning_rate=0.1), 128, 0)


def test_on_digits_the_regime_closes_the_gap_between_batches_of_1024_and_of_64():
    """With as many updates as the small batches had, at least 80 % of the lost accuracy comes back."""
    X, y = load_digits(return_X_y=True)
    X, y = torch.tensor(X / 16, dtype=torch.float32), torch.tensor(y)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    learn, judge = order[:1024], order[1024:]
    samples = TensorSamples(X[learn], y[learn])

    def accuracy(training, normalisation):
        """Of three seeds, and the updates of each run."""
        right = 0.0
        for seed in range(3):
            torch.manual_seed(seed)
            network = nn.Sequential(nn.Linear(64, 64), normalisation(64), nn.ReLU(), nn.Linear(64, 10))
            record = training.run(network, Supervised(nn.CrossEntropyLoss()), samples, seed=seed)
            with torch.no_grad():
                right += (network(X[judge]).argmax(1) == y[judge]).float().mean().item() / 3
        return right, record.steps_per_epoch * len(record.epochs)

    momentum = functools.partial(torch.optim.SGD, momentum=0.9)
    reference = Training(epochs=4, batch_size=64, learning_rate=0.05, optimizer=momentum, validation=0)
    large = Training(epochs=4, batch_size=1024, learning_rate=0.05, optimizer=momentum, validation=0)
    small, updates = accuracy(reference, nn.BatchNorm1d)
    big, few = accuracy(large, nn.BatchNorm1d)
    regime, as_many = accuracy(
        large_batch_regime(reference, 1024, 64), functools.partial(GhostBatchNorm1d, ghost_batch_size=64)
    )
    assert (updates, few, as_many) == (64, 4, 64)
    assert small - big > 0.1
    assert (regime - big) / (small - big) >= 0.8
