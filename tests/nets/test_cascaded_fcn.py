"""The cascade of two segmenters: the second looks closely at what the first has found."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.metrics import dice_score
from netwright.nets import FCN, CascadedFCN
from netwright.training import Supervised, TensorSamples, Training, predict

SMALL = {"channels": 1, "widths": (8, 12), "hidden": 12, "skips": 0}


def nested(n_pictures, seed, size=32):
    """A square organ somewhere, and inside it a spot of two to three pixels."""
    generator = torch.Generator().manual_seed(seed)
    side = torch.randint(10, 15, (n_pictures, 1), generator=generator)
    low = (torch.rand(n_pictures, 2, generator=generator) * (size - side)).long()
    width = torch.randint(2, 4, (n_pictures, 1), generator=generator)
    spot = low + 1 + (torch.rand(n_pictures, 2, generator=generator) * (side - width - 2)).long()
    masks = inside(low, side, size).long() + inside(spot, width, size).long()
    X = 0.5 * masks[:, None] + 0.1 * torch.randn(n_pictures, 1, size, size, generator=generator)
    return X, masks


def inside(low, side, size):
    place = torch.arange(size)
    rows, columns = ((place >= low[:, k, None]) & (place < low[:, k, None] + side) for k in (0, 1))
    return rows[:, :, None] & columns[:, None]


class Fixed(nn.Module):
    """Says what it was told, and keeps what it has seen."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, x):
        self.seen = x
        return self.answer


def test_the_cascade_keeps_the_layer_contract():
    stages = (FCN(1, 2, widths=(3, 4), hidden=3, skips=1, norm=False) for _ in range(2))
    network = CascadedFCN(*stages, size=8)
    check_layer(network, torch.randn(3, 1, 12, 10), shape=(3, 3, 12, 10), rows_independent=True)


def test_the_second_sees_the_found_box_enlarged_and_its_answer_is_pasted_back():
    organ = torch.full((1, 2, 8, 8), -9.0)
    organ[:, 0], organ[0, :, 2:6, 4:8] = 9.0, torch.tensor([-9.0, 9.0])[:, None, None]
    lesion = torch.zeros(1, 2, 4, 4)
    lesion[0, 1] = torch.arange(16.0).reshape(4, 4) - 8
    x = torch.arange(64.0).reshape(1, 1, 8, 8)
    first, second = Fixed(organ), Fixed(lesion)
    answer = CascadedFCN(first, second, size=4, margin=0.0)(x).exp()
    torch.testing.assert_close(second.seen, x[:, :, 2:6, 4:8])
    torch.testing.assert_close(answer.sum(1), torch.ones(1, 8, 8))
    p = organ.softmax(1)[0, 1]
    q = F.pad((torch.arange(16.0).reshape(4, 4) - 8).sigmoid(), (4, 0, 2, 2))
    torch.testing.assert_close(answer[0, 2], p * q, atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(answer[0, 1], p * (1 - q), atol=1e-6, rtol=1e-4)


def test_without_an_organ_the_second_sees_everything():
    organ = torch.stack([torch.ones(1, 6, 8), torch.zeros(1, 6, 8)], 1)
    second = Fixed(torch.zeros(1, 2, 4, 4))
    x = torch.rand(1, 1, 6, 8)
    assert CascadedFCN(Fixed(organ), second, size=4, margin=0.0)(x).isfinite().all()
    torch.testing.assert_close(second.seen.mean(), x.mean(), atol=0.1, rtol=0.0)


def test_the_cascade_outlines_a_small_inner_thing_better_than_one_stage():
    X, masks = nested(256, 0)
    torch.manual_seed(0)
    one = FCN(**SMALL, n_outputs=3)
    two = CascadedFCN(FCN(**SMALL, n_outputs=2), FCN(**SMALL, n_outputs=2), size=32)
    recipe = Training(epochs=8, batch_size=16, learning_rate=0.01, validation=0.0)
    scores = []
    new, truth = nested(100, 1)
    for network in (one, two):
        recipe.run(network, Supervised(nn.CrossEntropyLoss()), TensorSamples(X, masks))
        found = predict(network, new, batch_size=100).argmax(1)
        scores.append(dice_score((truth == 2).long().numpy(), (found == 2).long().numpy()))
    assert scores[1] > scores[0] + 0.05


def test_networks_of_other_classes_are_refused():
    two, three = (FCN(**SMALL, n_outputs=n) for n in (2, 3))
    with pytest.raises(InputError, match="first must give two classes, got 3"):
        CascadedFCN(three, two)(torch.zeros(1, 1, 8, 8))
    with pytest.raises(InputError, match="second must give two classes, got 3"):
        CascadedFCN(two, three)(torch.zeros(1, 1, 8, 8))
    with pytest.raises(InputError, match="size must be at least 1"):
        CascadedFCN(two, two, size=0)
