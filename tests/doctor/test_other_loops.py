"""Loops as libraries write them: closures, losses inside of networks, loaders that look ahead."""

import os

import pytest
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from netwright import doctor
from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.watcher import Watcher

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(480, 6, generator=GENERATOR)
WEIGHTS = torch.randn(6, 3, generator=GENERATOR)
Y = (X @ WEIGHTS).argmax(1)


def net(*after):
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 3), *after)


def batches(first=0, last=384):
    return DataLoader(TensorDataset(X[first:last], Y[first:last]), batch_size=32, shuffle=first == 0)


def seen(train):
    torch.manual_seed(0)
    with watching(Watcher()) as watcher:
        train()
    assert watcher.facts.gave_up == ""
    return watcher.facts.trainees[0]


def steps(make_optimizer):
    network = net()
    optimizer = make_optimizer(network.parameters())
    losses, calls = [], []
    for x, y in batches():

        def closure(x=x, y=y):
            optimizer.zero_grad()
            loss = F.cross_entropy(network(x), y)
            loss.backward()
            calls.append(loss.item())
            return loss

        before = len(calls)
        optimizer.step(closure)
        losses.append(calls[before])
    return losses, calls


@pytest.mark.parametrize("steps_of", [torch.optim.Adam, torch.optim.LBFGS], ids=["Adam", "LBFGS"])
def test_a_step_with_a_closure_is_one_step_with_the_gradients_that_it_left(steps_of):
    told = []
    trainee = seen(lambda: told.extend(steps(steps_of)))
    losses, calls = told
    assert trainee.history.loss == pytest.approx(losses)
    assert trainee.history.backwards == [1] * len(losses)
    assert all(norm > 0 for norm in trainee.history.gradient)
    assert trainee.uncleared == trainee.empty_steps == 0
    assert (len(calls) > len(losses)) == (steps_of is torch.optim.LBFGS)


class WithLoss(nn.Module):
    """A network that is given its targets and gives its loss, as those of transformers do."""

    def __init__(self, *after):
        super().__init__()
        self.body = net(*after)

    def forward(self, labels, rows):
        scores = self.body(rows)
        loss = F.cross_entropy(scores.view(-1, 3), labels.view(-1), reduction="sum") / len(labels)
        return {"loss": loss, "scores": scores}


def fit_with_loss(*after):
    network = WithLoss(*after)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(8):
        for x, y in batches():
            optimizer.zero_grad()
            network(labels=y, rows=x)["loss"].backward()
            optimizer.step()
        with torch.no_grad():
            for x, y in batches(384, 480):
                network(labels=y, rows=x)


def test_a_loss_inside_of_the_network_is_found_with_its_targets(watched):
    case = watched(fit_with_loss, outcome=True)
    assert case.task.kind == "classes"
    assert case.train.inputs.shape[1:] == (6,)
    assert not case.train.others
    assert torch.equal(case.train.target, (case.train.inputs @ WEIGHTS).argmax(1))
    assert torch.equal(case.held_out.target, (case.held_out.inputs @ WEIGHTS).argmax(1))
    assert case.outcome.held_out
    assert case.outcome.network.score > 0.8
    played = case.run(case.tape, case.start())
    assert played.loss.item() == pytest.approx(case.tape.value)


def test_a_fault_before_a_loss_inside_of_the_network_is_named():
    with doctor.watch() as told:
        fit_with_loss(nn.Softmax(1))
    assert [one.kind for one in told.diagnosis.alarms] == ["softmax_before_ce"]
    with doctor.watch() as told:
        fit_with_loss()
    assert told.diagnosis.healthy


def ahead(loader):
    """The batches of a loader of which the next is always at hand already."""
    iterator = iter(loader)
    following = next(iterator, None)
    while following is not None:
        current, following = following, next(iterator, None)
        yield current


def test_the_targets_of_a_loader_that_looks_ahead_are_those_of_the_rows(watched):
    def train():
        network = net()
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        for _ in range(4):
            for x, y in ahead(batches()):
                optimizer.zero_grad()
                F.cross_entropy(network(x), y).backward()
                optimizer.step()
            with torch.no_grad():
                for x, _y in ahead(batches(384, 480)):
                    network(x)

    case = watched(train)
    assert torch.equal(case.held_out.target, (case.held_out.inputs @ WEIGHTS).argmax(1))


def test_a_scaled_loss_is_told_as_it_was():
    wanted = []

    def train():
        network, scaler = net(), torch.amp.GradScaler("cpu", init_scale=1024.0)
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        for x, y in batches():
            optimizer.zero_grad()
            loss = F.cross_entropy(network(x), y)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            wanted.append(loss.item())

    trainee = seen(train)
    assert trainee.history.loss == pytest.approx(wanted)
    assert trainee.tapes[0].value == pytest.approx(wanted[0])
    assert max(trainee.history.gradient) < 10


ENTROPIES = {
    "picked": lambda scores, x, y: -scores.log_softmax(1)[torch.arange(len(y)), y].mean(),
    "gathered": lambda scores, x, y: -scores.log_softmax(1).gather(1, y[:, None]).mean(),
    "one hot": lambda scores, x, y: -(F.one_hot(y, 3).float() * scores.log_softmax(1)).sum(1).mean(),
    "of shares": lambda scores, x, y: -(F.one_hot(y, 3).float() * scores.softmax(1).log()).sum(1).mean(),
    "weighed": lambda scores, x, y: -(scores.log_softmax(1)[torch.arange(len(y)), y] * x[:, 0]).mean(),
}


def entropy_of(kind):
    def train():
        network = net()
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        for x, y in batches():
            optimizer.zero_grad()
            ENTROPIES[kind](network(x), x, y).backward()
            optimizer.step()

    return train


@pytest.mark.parametrize(
    ("kind", "loss"),
    [
        ("picked", "cross_entropy"),
        ("gathered", "cross_entropy"),
        ("one hot", "cross_entropy"),
        ("of shares", "nll_loss"),
    ],
)
def test_a_cross_entropy_that_is_written_out_is_one(watched, kind, loss):
    case = watched(entropy_of(kind), outcome=True)
    assert (case.task.kind, case.task.loss) == ("classes", loss)
    assert case.train.target.shape[0] == len(case.train)
    assert case.outcome.network.score > 0.5


def test_what_weighs_each_row_makes_it_something_else(watched):
    assert watched(entropy_of("weighed")).task.kind == "unknown"


@pytest.fixture
def group(tmp_path):
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group("gloo", init_method=f"file://{tmp_path / 'meet'}", rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.usefixtures("group")
def test_a_network_on_several_processes_is_seen_through(watched):
    def train():
        model = nn.parallel.DistributedDataParallel(net())
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        for x, y in batches():
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()

    case = watched(train)
    assert isinstance(case.network, nn.Sequential)
    assert case.start() is not None


def test_what_would_wait_for_other_processes_is_not_copied(monkeypatch):
    from netwright.doctor.observe.copying import copy_networks

    network = nn.Sequential(nn.Linear(2, 2), nn.SyncBatchNorm(2))
    assert copy_networks([network]).modules
    for name, answer in (("is_initialized", True), ("get_world_size", 2)):
        monkeypatch.setattr(dist, name, lambda answer=answer: answer)
    with pytest.raises(TypeError, match="other processes"):
        copy_networks([network])
    assert copy_networks([nn.Linear(2, 2)]).modules


class OfArrays(nn.Module):
    """A network that takes arrays too, as those of Keras do."""

    def __init__(self):
        super().__init__()
        self.body = net()

    def forward(self, rows):
        return self.body(torch.as_tensor(rows))


def test_arrays_that_enter_a_network_are_its_rows(watched):
    def train():
        network = OfArrays()
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        for x, y in batches():
            optimizer.zero_grad()
            F.cross_entropy(network(x.numpy()), y).backward()
            optimizer.step()

    case = watched(train, outcome=True)
    assert case.train.inputs.shape == (384, 6)
    assert case.outcome.network.score > 0.5
