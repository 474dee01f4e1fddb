"""Input, answer, loss, parameters and optimizer: what is cut is found, what is meant is left alone."""

import torch
import torch.nn.functional as F
from torch import nn

from netwright.doctor.checks.detached import check_detached
from netwright.doctor.checks.structure import (
    check_future_hidden,
    check_not_linear,
    check_order_seen,
    check_units_differ,
)
from netwright.doctor.checks.wiring import (
    check_input_connected,
    check_params_in_optimizer,
    check_parts_registered,
    check_rows_mixed,
)

X = torch.randn(64, 6, generator=torch.Generator().manual_seed(1))
Y = (X[:, 0] > 0).long()


class Net(nn.Module):
    """Two layers with something done in between and to the input."""

    def __init__(self, between=lambda h: h, before=lambda x: x):
        super().__init__()
        self.hidden, self.out = nn.Linear(6, 8), nn.Linear(8, 2)
        self.between, self.before = between, before

    def forward(self, x):
        return self.out(self.between(self.hidden(self.before(x)).relu()))


def training(net, parameters=None, steps=3, loss=F.cross_entropy, x=X, y=Y):
    optimizer = torch.optim.SGD(net.parameters() if parameters is None else parameters, lr=0.1)

    def train():
        for _ in range(steps):
            optimizer.zero_grad()
            loss(net(x), y).backward()
            optimizer.step()

    return train


def kinds(findings):
    return [finding.kind for finding in findings]


def test_a_detached_layer_is_found_and_an_unused_one_is_not(watched):
    assert kinds(check_detached(watched(training(Net(lambda h: h.detach()))))) == ["detached_graph"]
    assert kinds(check_detached(watched(training(Net())))) == []
    unused = Net()
    unused.spare = nn.Linear(3, 3)
    assert kinds(check_detached(watched(training(unused)))) == []


def test_rounding_before_the_loss_has_no_gradient_and_is_found(watched):
    case = watched(training(Net(), loss=lambda out, y: F.cross_entropy(out.round(), y)))
    assert kinds(check_detached(case)) == ["detached_graph"]


def test_an_input_that_is_overwritten_is_found_and_a_head_of_zeros_is_not(watched):
    assert kinds(check_input_connected(watched(training(Net(before=torch.zeros_like))))) == [
        "input_disconnected"
    ]
    zero = Net()
    nn.init.zeros_(zero.out.weight)
    assert kinds(check_input_connected(watched(training(zero)))) == []


def test_an_optimizer_of_the_head_alone_is_found_and_a_frozen_trunk_is_not(watched):
    net = Net()
    (found,) = check_params_in_optimizer(watched(training(net, net.out.parameters())))
    assert (found.kind, found.severity) == ("params_not_in_optimizer", "error")
    assert found.evidence["parameters"][0] == "net.hidden.weight"
    frozen = Net()
    frozen.hidden.requires_grad_(requires_grad=False)
    assert kinds(check_params_in_optimizer(watched(training(frozen, frozen.out.parameters())))) == []


def test_layers_in_a_plain_list_are_found_and_those_in_a_module_list_are_not(watched):
    class Listed(nn.Module):
        def __init__(self, kind):
            super().__init__()
            self.blocks, self.out = kind([nn.Linear(6, 6), nn.Linear(6, 6)]), nn.Linear(6, 2)

        def forward(self, x):
            for block in self.blocks:
                x = block(x).relu()
            return self.out(x)

    (found,) = check_parts_registered(watched(training(Listed(list))))
    assert found.kind == "params_not_in_optimizer"
    assert found.evidence["weights"] == 2 * (6 * 6 + 6)
    assert kinds(check_parts_registered(watched(training(Listed(nn.ModuleList))))) == []


def test_rows_that_meet_are_found_in_evaluation_and_batch_norm_is_not(watched):
    mixed = Net(lambda h: h + h.cumsum(0))
    assert kinds(check_rows_mixed(watched(training(mixed)))) == ["batch_mixing"]
    reversed_sum = Net(lambda h: h + h.flip(0).cumsum(0).flip(0))
    assert kinds(check_rows_mixed(watched(training(reversed_sum)))) == ["batch_mixing"]
    normal = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    assert kinds(check_rows_mixed(watched(training(normal)))) == []


def test_units_that_stay_alike_are_found_and_those_that_part_are_not(watched):
    alike = Net()
    for parameter in alike.parameters():
        nn.init.constant_(parameter, 0.1)
    assert kinds(check_units_differ(watched(training(alike, steps=5)))) == ["zero_init"]
    head = Net()
    nn.init.zeros_(head.out.weight)
    assert kinds(check_units_differ(watched(training(head, steps=5)))) == []


def test_layers_in_one_line_are_told_and_bends_are_not(watched):
    line = nn.Sequential(nn.Linear(6, 8), nn.Linear(8, 2))
    (found,) = check_not_linear(watched(training(line)))
    assert (found.kind, found.severity) == ("linear_network", "info")
    assert kinds(check_not_linear(watched(training(Net())))) == []


def test_a_mean_over_steps_is_blind_to_order_and_a_recurrent_layer_is_not(watched):
    tokens = torch.randint(1, 9, (64, 5), generator=torch.Generator().manual_seed(0))

    class Bag(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.out = nn.Embedding(9, 4), nn.Linear(4, 2)

        def forward(self, x):
            return self.out(self.embedding(x).mean(1))

    class Recurrent(Bag):
        def __init__(self):
            super().__init__()
            self.rnn = nn.GRU(4, 4, batch_first=True)

        def forward(self, x):
            return self.out(self.rnn(self.embedding(x))[1][0])

    (found,) = check_order_seen(watched(training(Bag(), x=tokens)))
    assert (found.kind, found.severity) == ("order_blind", "info")
    assert kinds(check_order_seen(watched(training(Recurrent(), x=tokens)))) == []


class Language(nn.Module):
    """A layer of attention over tokens, masked or not."""

    def __init__(self, causal):
        super().__init__()
        self.embedding, self.out, self.causal = nn.Embedding(9, 8), nn.Linear(8, 9), causal
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        h, steps = self.embedding(x), x.shape[1]
        mask = torch.ones(steps, steps, dtype=torch.bool).triu(1) if self.causal else None
        return self.out(self.attention(h, h, h, attn_mask=mask, need_weights=False)[0])


def test_a_language_model_that_sees_ahead_is_found_and_a_masked_one_is_not(watched):
    stream = torch.randint(0, 9, (32, 9), generator=torch.Generator().manual_seed(0))

    def loss(out, y):
        return F.cross_entropy(out.flatten(0, 1), y.flatten())

    def language(causal, y):
        return training(Language(causal), loss=loss, x=stream[:, :-1], y=y)

    (found,) = check_future_hidden(watched(language(False, stream[:, 1:])))
    assert (found.kind, found.severity) == ("target_leakage", "error")
    assert kinds(check_future_hidden(watched(language(True, stream[:, 1:])))) == []
    (found,) = check_future_hidden(watched(language(True, stream[:, :-1])))
    assert found.evidence["share of targets equal to the input"] == 1
