"""Siamese and triplet networks: one example of classes that training never saw."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from glyphs import CYRILLIC, LATIN_AND_GREEK, alphabet
from netwright.contracts.estimator import check_repeats
from netwright.core.errors import InputError
from netwright.embeddings import SiameseEmbedder, TripletEmbedder
from netwright.estimators.twins import PairObjective, Partners, TripletObjective
from netwright.training import Batch, Training

BOTH = [SiameseEmbedder, TripletEmbedder]


def one_shot(answer, pictures, labels, *, ways=20, episodes=40):
    """Share of right answers, with one example of each of some new classes."""
    rng, right = np.random.default_rng(0), []
    classes = np.unique(labels)
    for _ in range(episodes):
        chosen = rng.choice(classes, ways, replace=False)
        pairs = np.array([rng.choice(np.flatnonzero(labels == one), 2, replace=False) for one in chosen])
        found = answer(pictures[pairs[:, 1]], pictures[pairs[:, 0]], chosen)
        right.append((found == chosen).mean())
    return float(np.mean(right))


def nearest_pixels(asked, examples, labels):
    flat = [part.reshape(len(part), -1).astype(float) for part in (asked, examples)]
    distances = np.square(flat[0][:, None] - flat[1][None]).sum(2)
    return labels[distances.argmin(1)]


@pytest.mark.parametrize("kind", BOTH)
def test_letters_never_seen_are_recognised_by_one_example_twice_as_often_as_by_their_pixels(kind):
    old, shown = alphabet(LATIN_AND_GREEK, 24, 0)
    new, asked = alphabet(CYRILLIC, 12, 1)
    recipe = Training(epochs=16, learning_rate=3e-3)
    model = kind(hidden=(16, 32), training=recipe, random_state=0).fit(old, shown)
    baseline = one_shot(nearest_pixels, new, asked)
    assert one_shot(model.recognise, new, asked) > 2 * baseline > 2 / 20


@pytest.mark.parametrize("kind", BOTH)
def test_in_tables_columns_that_say_nothing_of_the_class_are_passed_over_for_new_classes_too(kind):
    rng = np.random.default_rng(0)
    centres, classes = rng.normal(0, 1, (60, 3)), np.repeat(np.arange(60), 12)
    rows = np.hstack([centres[classes] + rng.normal(0, 0.1, (720, 3)), rng.normal(0, 1, (720, 12))])
    old = classes < 40
    model = kind(width=8, training=Training(epochs=30), random_state=0).fit(rows[old], classes[old])
    plain = one_shot(nearest_pixels, rows[~old], classes[~old])
    assert one_shot(model.recognise, rows[~old], classes[~old]) > 2 * plain > 2 / 20


@pytest.mark.parametrize("kind", BOTH)
def test_they_repeat_and_survive_saving(kind):
    X, y = load_digits(return_X_y=True)
    check_repeats(kind(width=3, hidden=(8,), training=Training(epochs=2)), X[:80], y[:80])
    pictures = np.random.default_rng(0).integers(0, 256, (40, 5, 7, 3), dtype=np.uint8)
    check_repeats(kind(width=3, hidden=(4,), training=Training(epochs=2)), pictures, np.arange(40) % 3)


def test_partners_are_other_rows_of_the_same_class():
    classes = torch.tensor([0, 1, 2, 0, 1, 2, 0, 2])
    rows = Partners(torch.arange(8), classes)
    asked = torch.arange(8).repeat(200)
    torch.manual_seed(0)
    batch = rows[asked]
    partners = batch.inputs[len(asked) :]
    assert torch.equal(classes[partners], classes[asked])
    assert not (partners == asked).any()
    for row in range(8):  # every other row of the class is drawn
        others = set(torch.nonzero(classes == classes[row]).flatten().tolist()) - {row}
        assert set(partners[asked == row].tolist()) == others


def test_a_row_that_is_alone_in_its_class_is_its_own_partner():
    batch = Partners(torch.arange(3), torch.tensor([0, 1, 1]))[torch.tensor([0])]
    assert batch.inputs.tolist() == [0, 0]


def test_the_loss_over_pairs_is_the_formula():
    torch.manual_seed(0)
    codes, classes = torch.randn(6, 2, dtype=torch.float64), torch.tensor([0, 1, 0, 2, 1, 0])
    alike, unlike = [], []
    for i in range(6):
        for j in range(i + 1, 6):
            d = (codes[i] - codes[j]).norm()
            same = classes[i] == classes[j]
            (alike if same else unlike).append(d**2 / 2 if same else (1.5 - d).clamp(min=0) ** 2 / 2)
    by_hand = (torch.stack(alike).mean() + torch.stack(unlike).mean()) / 2
    found = PairObjective(1.5).loss(nn.Identity(), Batch(codes, classes))
    torch.testing.assert_close(found, by_hand, rtol=1e-5, atol=1e-5)


def test_equal_rows_have_a_finite_gradient():
    for objective in (PairObjective(1.0), TripletObjective(0.3)):
        network = nn.Linear(2, 2)
        objective.loss(network, Batch(torch.ones(4, 2), torch.tensor([0, 0, 1, 1]))).backward()
        assert network.weight.grad.isfinite().all()


@pytest.mark.parametrize("y", [np.zeros(20), np.arange(20)], ids=["one class", "every row its own"])
def test_classes_that_make_no_pairs_are_refused(y):
    with pytest.raises(InputError, match="two classes or more"):
        SiameseEmbedder().fit(np.random.default_rng(0).normal(size=(20, 3)), y)


def test_examples_need_a_label_each():
    X, y = load_digits(return_X_y=True)
    model = SiameseEmbedder(width=2, training=Training(epochs=1)).fit(X[:50], y[:50])
    with pytest.raises(InputError, match="one for each example"):
        model.recognise(X[:3], X[3:6], [1, 2])
    assert not hasattr(model, "inverse_transform")
