"""What the watcher listens to: everything at first, later only what may be an evaluation."""

import pytest
import torch
from torch import nn

from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.watcher import DETAILED_STEPS, Watcher

STEPS = DETAILED_STEPS + 40


class Rows:
    """A net, its rows, and how it is called in one place of the program."""

    def __init__(self, n_rows=8):
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.1), nn.Linear(4, 2))
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.01)
        self.x, self.y = torch.randn(n_rows, 3), torch.randint(0, 2, (n_rows,))

    def loss(self, x, y):
        return nn.functional.cross_entropy(self.net(x), y)

    def step(self):
        self.optimizer.zero_grad()
        self.loss(self.x, self.y).backward()
        self.optimizer.step()


def heard_within(watcher, function):
    """How many functions of torch reach the watcher inside of a call."""
    before, listened = watcher.mode.listener, []
    watcher.mode.listener = lambda *told: (listened.append(told[0]), before(*told))
    function()
    watcher.mode.listener = before
    return len(listened)


def test_a_step_that_is_not_written_down_is_not_listened_to():
    rows = Rows()
    with watching(Watcher()) as watcher:
        first = heard_within(watcher, rows.step)
        for _ in range(STEPS):
            rows.step()
        assert first > 0
        assert heard_within(watcher, rows.step) == 0
    assert len(watcher.facts.trainees[0].history) == STEPS + 2
    assert not watcher.facts.evaluations


@pytest.mark.parametrize("how", ["without gradients", "in evaluation mode"])
def test_an_evaluation_is_heard_on_the_line_of_training(how):
    rows = Rows()
    with watching(Watcher()) as watcher:
        for _ in range(STEPS):
            rows.step()
        rows.net.train(how == "without gradients")
        with torch.set_grad_enabled(how == "in evaluation mode"):
            rows.loss(rows.x, rows.y)
        rows.net.train()
        rows.step()
        assert heard_within(watcher, rows.step) == 0  # which changes nothing about training
    (evaluation,) = watcher.facts.evaluations
    assert [len(call.others) for call in evaluation.calls] == [1]  # the targets


def test_an_evaluation_that_looks_like_training_is_heard_from_its_second_call_on():
    rows = Rows()
    with watching(Watcher()) as watcher:
        for _ in range(STEPS):
            rows.step()
        for _ in range(3):
            rows.loss(rows.x, rows.y)
        rows.step()
    (evaluation,) = watcher.facts.evaluations
    assert len(evaluation.calls) == 2
    assert all(call.training and call.gradients for call in evaluation.calls)


def test_two_calls_for_one_loss_are_both_training():
    rows = Rows()
    with watching(Watcher()) as watcher:
        for _ in range(STEPS):
            rows.optimizer.zero_grad()
            sum(rows.loss(part, rows.y[:4]) for part in rows.x.split(4)).backward()
            rows.optimizer.step()
    assert not watcher.facts.evaluations


def test_the_steps_of_lbfgs_are_written_down_and_its_search_is_not_listened_to():
    rows = Rows(32)
    rows.optimizer = torch.optim.LBFGS(rows.net.parameters(), max_iter=8, line_search_fn="strong_wolfe")
    penalties = []

    def closure():
        rows.optimizer.zero_grad()
        penalties.append(0.01 * rows.net[0].weight.square().sum())  # before the net is called
        loss = rows.loss(rows.x, rows.y) + penalties[-1]
        loss.backward()
        return loss

    with watching(Watcher()) as watcher:
        heard = heard_within(watcher, lambda: rows.optimizer.step(closure))
        rows.optimizer.step(closure)
    names = [one.name for one in watcher.facts.trainees[0].tapes[1].operations]
    assert "square" in names
    assert "cross_entropy" in names
    assert heard < 20
    assert len(penalties) > 4


def test_rows_that_are_evaluated_again_are_known_by_the_first_of_them():
    rows = Rows(12)

    def evaluate(x, y):
        with torch.no_grad():
            return [
                (rows.net(x[place]).argmax(1) == y[place]).sum() for place in torch.arange(len(x)).split(4)
            ]

    with watching(Watcher()) as watcher:
        for _ in range(STEPS):
            rows.step()
        first = heard_within(watcher, lambda: evaluate(rows.x, rows.y))
        rows.step()
        again = heard_within(watcher, lambda: evaluate(rows.x, rows.y))
        rows.step()
        others = heard_within(watcher, lambda: evaluate(rows.x.flip(0), rows.y.flip(0)))
    assert first > 3
    assert again == 0
    assert others == first
    passes = watcher.facts.evaluations
    assert [len(one.calls) for one in passes] == [3, 3, 3]
    for one in passes[:2]:
        met = [next(other for other in call.others if not other.is_floating_point()) for call in one.calls]
        assert torch.equal(torch.cat(met), rows.y)
