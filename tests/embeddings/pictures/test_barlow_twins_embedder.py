"""Barlow Twins on digits without labels: what is learned is worth more than features of chance."""

import functools

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from netwright.contracts import check_layer
from netwright.contracts.estimator import check_repeats
from netwright.core.errors import InputError
from netwright.data import RandomAffine, TwoViews
from netwright.embeddings import BarlowTwinsEmbedder
from netwright.embeddings.pictures.barlow_twins import ViewsObjective
from netwright.losses import BarlowTwinsLoss
from netwright.nets import PictureNet, ProjectedNetwork
from netwright.training import Batch, Training

SMALL = functools.partial(PictureNet, widths=(16, 32))
MOVES = RandomAffine(degrees=20, shift=0.1, scale=(0.85, 1.15), padding="zeros")


def probe(codes, labels, seed):
    """Accuracy of a linear model that knows the codes of ten pictures of each digit, of all others."""
    rng = np.random.default_rng(seed)
    learned = np.concatenate([rng.choice(np.flatnonzero(labels == one), 10, False) for one in range(10)])
    others = np.setdiff1d(np.arange(len(labels)), learned)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    return model.fit(codes[learned], labels[learned]).score(codes[others], labels[others])


@pytest.fixture(scope="module")
def digits():
    """Digits that were turned, moved and resized, and what was learned of them without labels."""
    images, labels = load_digits(return_X_y=True)
    padded = np.pad(images.reshape(-1, 8, 8), ((0, 0), (3, 3), (3, 3))) * 15.9
    still = torch.from_numpy(padded).to(torch.uint8)[:, None]
    pictures, _ = MOVES(still, torch.zeros(len(still)), torch.Generator().manual_seed(0))
    recipe = Training(epochs=35, batch_size=128)
    model = BarlowTwinsEmbedder(
        width=64, backbone=SMALL, projector=128, views=TwoViews(MOVES), training=recipe, random_state=0
    )
    return model.fit(pictures), pictures, labels


@pytest.mark.parametrize("seed", [0, 1])
def test_a_linear_probe_is_ten_points_above_the_features_of_chance(digits, seed):
    model, pictures, labels = digits
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        chance = model.build(torch.Size([1, 14, 14]), 64)
        for rows in pictures.split(200):  # statistics of batch normalisation
            chance.train().encode(rows)
        random = chance.eval().encode(pictures).numpy()
    assert probe(model.transform(pictures), labels, seed) > probe(random, labels, seed) + 0.1


def test_the_codes_do_not_collapse(digits):
    model, pictures, _ = digits
    codes = model.transform(pictures)
    assert model.spread_.shape == (64,)
    assert model.spread_.min() > 0.02 * model.spread_.max() > 0
    shares = np.linalg.svd(codes - codes.mean(0), compute_uv=False) ** 2
    assert shares.max() < 0.9 * shares.sum()  # not all on one line


def test_the_loss_is_that_of_both_views_behind_the_projector():
    torch.manual_seed(0)
    network = ProjectedNetwork(torch.nn.Linear(4, 3), 3, projector=5).eval()
    views = torch.randn(6, 4), torch.randn(6, 4)
    found = ViewsObjective(0.1).loss(network, Batch(views, torch.zeros(6)))
    by_hand = BarlowTwinsLoss(0.1)(network(views[0]), network(views[1]))
    torch.testing.assert_close(found, by_hand)


def test_the_projector_is_three_layers_and_the_codes_stand_before_it():
    torch.manual_seed(0)
    network, x = ProjectedNetwork(torch.nn.Linear(4, 3), 3, projector=5), torch.randn(7, 4)
    check_layer(network, x, shape=(7, 5))
    one, first, _, two, second, _, three = [*network.eval().projector]
    codes = network.encoder(x)
    hidden = second(two(first(one(codes)).relu())).relu()
    torch.testing.assert_close(network(x), three(hidden))
    torch.testing.assert_close(network.encode(x), codes)


def test_it_repeats_and_survives_saving():
    pictures = load_digits().images[:80].astype(np.uint8)
    small = functools.partial(PictureNet, widths=(4,))
    model = BarlowTwinsEmbedder(width=3, backbone=small, projector=8, training=Training(epochs=2))
    check_repeats(model, pictures)


def test_what_cannot_be_learned_from_is_refused():
    digits = load_digits()
    pictures = digits.images.astype(np.uint8)
    with pytest.raises(InputError, match="must be pictures"):
        BarlowTwinsEmbedder().fit(digits.data)
    with pytest.raises(InputError, match="sample_weight must be None"):
        BarlowTwinsEmbedder().fit(pictures, sample_weight=np.ones(1797))
    with pytest.raises(InputError, match="validation must be None or 0"):
        BarlowTwinsEmbedder(training=Training(validation=0.2)).fit(pictures)
