import functools
import statistics

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from netwright.contracts import check_callback
from netwright.core.errors import InputError
from netwright.training import BatchGrowth, Callback, Steps, Supervised, TensorSamples, Training


def test_batch_growth_keeps_the_callback_contract():
    check_callback(BatchGrowth(2, every=1))


def test_at_given_epochs_the_batch_is_multiplied_up_to_all_rows_or_the_most_allowed():
    def sizes(growth, batch_size=32):
        return [growth.plan(epoch, Steps(1000, batch_size, smallest=2)).batch_size for epoch in range(1, 8)]

    assert sizes(BatchGrowth(4, at=[3, 5])) == [32, 32, 128, 128, 512, 512, 512]
    assert sizes(BatchGrowth(2.5, every=2)) == [32, 32, 80, 80, 200, 200, 500]
    assert sizes(BatchGrowth(10, every=3)) == [32, 32, 32, 320, 320, 320, 1000]
    assert sizes(BatchGrowth(10, every=1, most=400)) == [32, 320, 400, 400, 400, 400, 400]
    assert sizes(BatchGrowth(2, every=1, most=10)) == [32] * 7
    assert BatchGrowth(2, every=1).plan(5000, Steps(7, 1, smallest=2)) == Steps(7, 7, smallest=2)


@pytest.mark.parametrize(
    "growth", [BatchGrowth(0.5, every=1), BatchGrowth(2), BatchGrowth(2, at=[2], every=2)]
)
def test_a_growth_that_is_none_is_refused(growth):
    with pytest.raises(InputError, match=r"factor from 1 and one of at=.* got BatchGrowth"):
        growth.plan(1, Steps(10, 2))


class Count(Callback):
    """Counts the updates of the weights."""

    def on_start(self, run):
        self.updates = 0

    def on_gradients(self, run, player):
        self.updates += 1


def digits():
    X, y = load_digits(return_X_y=True)
    X, y = torch.tensor(X / 16, dtype=torch.float32), torch.tensor(y)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    return X[order], y[order]


def step_decay(optimizer, steps):
    return torch.optim.lr_scheduler.MultiStepLR(optimizer, [steps // 3, 2 * steps // 3], 0.25)


def test_on_digits_it_is_as_good_as_step_decay_with_less_than_half_the_updates():
    """The paper's claim: batches times 4 in the place of the rate divided by 4, at the same epochs."""
    X, y = digits()
    samples, objective = TensorSamples(X[:1280], y[:1280]), Supervised(nn.CrossEntropyLoss())

    def learn(seed, schedule, *callbacks):
        torch.manual_seed(seed)
        network, count = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)), Count()
        Training(
            epochs=12,
            batch_size=32,
            learning_rate=0.1,
            optimizer=functools.partial(torch.optim.SGD, momentum=0.9),
            schedule=schedule,
            validation=0,
            callbacks=[count, *callbacks],
        ).run(network, objective, samples, seed=seed)
        with torch.no_grad():
            right = (network(X[1280:]).argmax(1) == y[1280:]).float().mean().item()
        return right, count.updates

    decay, growth = (
        [learn(seed, *told) for seed in range(5)]
        for told in ((step_decay,), (None, BatchGrowth(4, at=[5, 9])))
    )
    accuracy = [statistics.median(right for right, _ in runs) for runs in (decay, growth)]
    assert accuracy[0] > 0.95
    assert abs(accuracy[0] - accuracy[1]) <= 0.005
    assert decay[0][1] == 12 * 40
    assert growth[0][1] == 4 * (40 + 10 + 3)
    assert decay[0][1] > 2 * growth[0][1]


def test_a_schedule_counts_the_steps_of_the_growing_batches():
    counted = []

    def schedule(optimizer, steps):
        counted.append(steps)
        return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.0)

    samples = TensorSamples(torch.zeros(64, 2), torch.zeros(64, 1))
    count = Count()
    Training(
        epochs=3, batch_size=8, validation=0, schedule=schedule, callbacks=[count, BatchGrowth(2, every=1)]
    ).run(nn.Linear(2, 1), Supervised(nn.MSELoss()), samples)
    assert counted == [8 + 4 + 2]
    assert count.updates == 14
