"""Losses of outputs alone: the information of bits, and the entropy of places."""

import math

import pytest
import torch

from netwright.contracts import check_loss
from netwright.core.errors import InputError
from netwright.losses import BinaryInformationGain, ParzenEntropy


def outputs(rows=12, columns=2):
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(0))


def test_they_keep_the_loss_contract():
    check_loss(BinaryInformationGain(), outputs())
    check_loss(ParzenEntropy(0.5), outputs())


def entropy(shares):
    return -sum(share * math.log2(share) for share in shares if share > 0)


def test_the_gain_is_the_entropy_of_the_mean_less_the_mean_entropy():
    logits = outputs().double()
    codes = []
    for a, b in torch.sigmoid(logits).tolist():
        codes.append([(1 - a) * (1 - b), a * (1 - b), (1 - a) * b, a * b])
    mean = [sum(column) / 12 for column in zip(*codes, strict=True)]
    by_hand = entropy(mean) - sum(entropy(row) for row in codes) / 12
    assert -BinaryInformationGain()(logits).item() == pytest.approx(by_hand, abs=1e-9)


def test_sure_bits_that_differ_tell_their_number_and_bits_that_say_the_same_tell_one():
    sure = 30 * torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    assert BinaryInformationGain()(sure).item() == pytest.approx(-2)
    assert BinaryInformationGain()(sure[:, :1].expand(-1, 2)).item() == pytest.approx(-1)
    assert BinaryInformationGain()(torch.zeros(4, 2)).item() == pytest.approx(0, abs=1e-6)


def test_the_entropy_is_that_of_windows_around_the_other_rows():
    places = outputs(6, 2).double()
    total = 0.0
    for i in range(6):
        squares = [float((places[i] - places[j]).square().sum()) for j in range(6) if j != i]
        density = sum(math.exp(-one / (2 * 0.3**2)) for one in squares) / 5 / (2 * math.pi * 0.3**2)
        total -= math.log(density) / 6
    spread = sum(math.log(float(places[:, d].var(correction=0)) + 1e-6) / 2 for d in range(2))
    assert ParzenEntropy(0.3)(places).item() == pytest.approx(total - spread)


def test_two_far_heaps_have_less_entropy_than_an_even_spread_or_one_heap_and_an_outlier():
    even = torch.linspace(-1, 1, 20)[:, None]
    heaps, outlier = torch.sign(even), torch.ones(20, 1)
    outlier[0] = -1.0
    loss = ParzenEntropy()
    assert loss(heaps) < loss(even)
    assert loss(heaps) < loss(outlier)


def test_a_window_without_width_is_refused():
    with pytest.raises(InputError, match="width must be above 0"):
        ParzenEntropy(0.0)
