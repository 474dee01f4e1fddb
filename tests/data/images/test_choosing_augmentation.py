import re

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from netwright.core.errors import InputError
from netwright.data import choose_augmentation

G = torch.Generator().manual_seed(0)
X, Y = load_digits(return_X_y=True)
DIGITS = torch.as_tensor(X / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)


def noisy(pictures, amount=0.1):
    return (pictures + amount * torch.rand(pictures.shape, generator=G)).clamp(0, 1)


def chosen(pictures, labels):
    answer = choose_augmentation(pictures, labels)
    said = dict(
        re.match(r"(\w+) is (chosen|left out): (?=.{10})", reason).groups() for reason in answer.reasons
    )
    names = [type(one).__name__ for one in answer.augmentation.augmentations]
    of = {"RandomFlip": "flip", "RandomCrop": "shift", "RandomAffine": "turn", "ColorJitter": "color"}
    assert [of[name] for name in names] == [name for name, verdict in said.items() if verdict == "chosen"]
    assert set(said) == set(of.values())
    return {name for name, verdict in said.items() if verdict == "chosen"}


def shapes(n_rows=200, side=16):
    """A ring and a cross at places and in colours that say nothing, and their labels."""
    across = torch.arange(side) - side / 2 + 0.5
    radius = (across[:, None] ** 2 + across**2).sqrt()
    ring = ((radius > 4) & (radius < 6)).float()
    cross = ((across.abs() < 1)[:, None] | (across.abs() < 1)).float() * (radius < 6)
    labels = torch.arange(n_rows) % 2
    forms = torch.stack([ring, cross])[labels][:, None]
    moves = torch.randint(-2, 3, (n_rows, 2), generator=G).tolist()
    moved = torch.stack([form.roll(move, (1, 2)) for form, move in zip(forms, moves, strict=True)])
    return noisy(moved * (0.3 + 0.7 * torch.rand(n_rows, 3, 1, 1, generator=G))), labels


def test_what_says_nothing_about_the_label_is_chosen():
    assert chosen(*shapes()) == {"flip", "shift", "turn", "color"}


def test_digits_are_not_mirrored_and_have_no_colours():
    assert chosen(DIGITS, Y) == {"shift", "turn"}
    reasons = choose_augmentation(DIGITS, Y).reasons
    assert re.match(
        r"flip is left out: by it \d\d % more of class '\d' are nearest to another class", reasons[0]
    )


def test_what_is_the_mirror_image_of_another_class_is_not_mirrored():
    form = torch.zeros(1, 12, 12)
    form[:, 2:10, 4] = 1
    form[:, 6:10, 4:8] = 1  # a b, which becomes a d
    labels = torch.arange(120) % 2
    letters = torch.stack([form.flip(-1) if label else form for label in labels])
    kept = chosen(noisy(letters), np.array(["b", "d"])[labels])
    assert "flip" not in kept
    assert {"turn"} <= kept
    reason = choose_augmentation(noisy(letters), np.array(["b", "d"])[labels]).reasons[0]
    assert re.search(r"100 % more of class '(b|d)' .* most of them to '(b|d)'", reason)


def test_what_is_told_by_its_colour_or_light_keeps_it():
    labels = torch.arange(120) % 2
    hues = torch.tensor([[1.0, 0.2, 0.2], [0.9, 0.6, 0.2]])[labels]
    by_hue = hues[:, :, None, None].expand(120, 3, 12, 12) * 0.9
    assert chosen(noisy(by_hue, 0.05), labels) == {"flip", "shift", "turn"}
    light = torch.tensor([0.5, 0.6])[labels][:, None, None, None].expand(120, 3, 12, 12)
    assert "color" not in chosen(noisy(light, 0.05), labels)


def test_what_is_told_by_its_place_is_not_shifted():
    labels = torch.arange(120) % 2
    bars = torch.zeros(120, 1, 16, 16)
    bars[labels == 0, :, 6:8] = 1
    bars[labels == 1, :, 8:10] = 1
    assert "shift" not in chosen(noisy(bars), labels)


def test_what_is_told_by_its_turn_is_not_turned():
    across = torch.arange(32) - 15.5
    turns = torch.tensor([-5.0, 5.0]).deg2rad()[torch.arange(120) % 2]
    away = across[:, None] * turns.cos()[:, None, None] + across * turns.sin()[:, None, None]
    lines = (away.abs() < 1.5).float()[:, None]
    assert "turn" not in chosen(noisy(lines), torch.arange(120) % 2)


@pytest.mark.parametrize("labels", [None, np.linspace(0, 1.3, len(Y)), np.arange(len(Y)), np.eye(10)[Y]])
def test_without_classes_only_shifts_are_chosen(labels):
    assert chosen(DIGITS, labels) == {"shift"}


def test_the_choice_repeats_and_bytes_and_floats_have_the_same():
    stream = torch.get_rng_state()
    few, labels = DIGITS[:400], Y[:400]
    one = choose_augmentation(few, labels, random_state=3)
    assert one == choose_augmentation(few, labels, random_state=3)
    assert torch.equal(stream, torch.get_rng_state())
    assert [reason[:20] for reason in one.reasons] == [
        reason[:20] for reason in choose_augmentation((few * 255).round().to(torch.uint8), labels).reasons
    ]


def test_labels_of_another_number_and_what_is_no_picture_are_refused():
    with pytest.raises(InputError, match="labels must be 1797, one for each picture, got 3"):
        choose_augmentation(DIGITS, [1, 2, 3])
    with pytest.raises(InputError, match=r"of \(batch, channels, height, width\)"):
        choose_augmentation(DIGITS[:, 0], Y)
