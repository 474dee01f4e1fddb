"""Networks that blur before they thin, beside the same ones that do not, on digits that move by a pixel."""

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

from netwright.nets import VGG, AlexNet, ConvNet, DenseNet, ResNet

SHIFTS = [(0, 1), (1, 0), (0, -1), (-1, 0)]


def digits_in_the_middle(side, field):
    """Digits of one size in a larger empty field, in a random order, and their classes."""
    images, target = load_digits(return_X_y=True)
    order = torch.randperm(len(target), generator=torch.Generator().manual_seed(0))
    digits = torch.from_numpy(images).float().reshape(-1, 1, 8, 8)[order] / 8 - 1
    digits = F.interpolate(digits, size=(side, side), mode="bilinear")
    return F.pad(digits, [(field - side) // 2] * 4, value=-1.0), torch.from_numpy(target)[order]


def trained(build, pictures, target, epochs, rate):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build()
        optimizer = torch.optim.AdamW(network.parameters(), lr=rate)
        steps = epochs * -(-len(target) // 64)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps)
        for _ in range(epochs):
            for rows in torch.randperm(len(target)).split(64):
                loss = F.cross_entropy(network(pictures[rows]), target[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
    return network.eval()


@torch.no_grad()
def changed_and_right(network, pictures, target):
    """Share of answers that change when a picture moves by one pixel, and share of right answers."""
    here = network(pictures).argmax(dim=1)
    moved = [network(pictures.roll(shift, (2, 3))).argmax(dim=1) for shift in SHIFTS]
    changed = torch.stack([one != here for one in moved]).double().mean().item()
    return changed, (here == target).double().mean().item()


@pytest.mark.parametrize(
    ("build", "taps", "side", "field", "epochs", "rate"),
    [
        (lambda blur: ConvNet(widths=(8, 16, 32), depth=1, blur=blur), 5, 10, 20, 5, 0.02),
        (lambda blur: ResNet((1, 1, 1), channels=1, width=8, blur=blur), 5, 10, 20, 5, 0.02),
        (lambda blur: DenseNet((1, 1, 1), 8, 8, channels=1, blur=blur), 5, 10, 20, 7, 0.02),
        (
            lambda blur: VGG((1, 1, 1), (8, 16, 32), 10, 1, hidden=32, dropout=0.0, blur=blur),
            5,
            10,
            20,
            6,
            0.01,
        ),
        (lambda blur: AlexNet(10, 1, (8, 16, 24, 24, 24), 32, 1, 0.0, blur=blur), 3, 12, 24, 18, 0.004),
    ],
    ids=["ConvNet", "ResNet", "DenseNet", "VGG", "AlexNet"],
)
def test_answers_change_at_most_half_as_often_under_one_pixel_shifts(build, taps, side, field, epochs, rate):
    pictures, target = digits_in_the_middle(side, field)
    found = []
    for blur in (0, taps):
        network = trained(lambda: build(blur), pictures[:1300], target[:1300], epochs, rate)  # noqa: B023
        found.append(changed_and_right(network, pictures[1300:], target[1300:]))
    (plain, _), (blurred, right) = found
    assert blurred <= plain / 2
    assert right > 0.85


def test_a_blur_learns_nothing_so_that_the_same_weights_load():
    for build in (ConvNet, ResNet, DenseNet, VGG, AlexNet):
        plain = {name: value.shape for name, value in build(channels=1).state_dict().items()}
        blurred = {name: value.shape for name, value in build(channels=1, blur=3).state_dict().items()}
        assert plain == blurred
