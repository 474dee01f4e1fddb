"""Parameters that stand still, steps beside their weights, and what a drawing of them shows."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

from netwright.doctor.instruments import draw_parameters, list_still, measure_updates

ROWS, LABELS = load_digits(return_X_y=True)
X, Y = torch.tensor(ROWS, dtype=torch.float32) / 16, torch.tensor(LABELS)


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 10))


def test_exactly_the_planted_tensors_are_named():
    network = net()
    network[2].weight.requires_grad_(requires_grad=False)
    known = [one for name, one in network.named_parameters() if name not in ("2.weight", "4.bias")]
    told = list_still(network, torch.optim.Adam(known))
    assert told.frozen == ("2.weight",)
    assert told.unknown == ("4.bias",)
    # and none of these moves in a step, while all others do
    before = {name: one.clone() for name, one in network.named_parameters()}
    optimizer = torch.optim.Adam(known)
    F.cross_entropy(network(X), Y).backward()
    optimizer.step()
    still = {name for name, one in network.named_parameters() if torch.equal(one, before[name])}
    assert still == {*told.frozen, *told.unknown}


def test_nothing_stands_still_when_all_is_learned_also_with_two_optimizers():
    network = net()
    halves = (
        torch.optim.SGD(network[:2].parameters(), lr=0.1),
        torch.optim.SGD(network[2:].parameters(), lr=0.1),
    )
    told = list_still(network, *halves)
    assert (told.frozen, told.unknown) == ((), ())


def loss(network):
    return F.cross_entropy(network(X[:128]), Y[:128])


def losses_after(rate, steps=30):
    network = net()
    optimizer = torch.optim.SGD(network.parameters(), lr=rate)
    seen = []
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss(network)
        value.backward()
        seen.append(float(value.detach()))
        optimizer.step()
    return seen[0], seen[-1]


def test_lower_is_advised_for_a_run_that_diverges_and_higher_for_one_that_crawls():
    advice = {}
    for rate in (1e3, 0.1, 1e-7):
        network = net()
        told = measure_updates(network, torch.optim.SGD(network.parameters(), lr=rate), loss)
        advice[rate] = told.advice
    assert advice == {1e3: "lower", 0.1: "keep", 1e-7: "higher"}
    first, last = losses_after(1e3)
    assert not last < first
    first, last = losses_after(1e-7)
    assert abs(last - first) < 1e-4
    first, last = losses_after(0.1)
    assert last < first


def test_the_ratio_is_that_of_a_step_taken_and_nothing_of_it_stays():
    network = net()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    before = {name: one.detach().clone() for name, one in network.named_parameters()}
    told = measure_updates(network, optimizer, loss)
    assert all(torch.equal(one, before[name]) for name, one in network.named_parameters())
    assert not optimizer.state
    loss(network).backward()
    optimizer.step()
    moved = network[0].weight.detach() - before["0.weight"]
    assert abs(told.ratios["0.weight"] - float(moved.norm() / before["0.weight"].norm())) < 1e-6


def test_a_drawing_has_a_histogram_of_each_parameter_and_of_what_is_given(tmp_path):
    network, file = net(), tmp_path / "weights.html"
    answers = network(X).detach()
    counts = draw_parameters(network, file, {"answers <of all>": answers})
    page = file.read_text(encoding="utf-8")
    assert page.count("<svg") == len(counts) == 7
    assert "answers &lt;of all&gt;" in page
    assert "http" not in page
    weight = network[0].weight.detach().flatten()
    by_hand = torch.histc(weight.double(), 30, float(weight.min()), float(weight.max()))
    assert counts["0.weight"] == by_hand.long().tolist()


def test_numbers_that_are_none_are_counted_apart(tmp_path):
    network = nn.Linear(2, 2)
    with torch.no_grad():
        network.weight[0, 0] = float("nan")
    draw_parameters(network, tmp_path / "weights.html")
    assert "1 no number" in (tmp_path / "weights.html").read_text(encoding="utf-8")
