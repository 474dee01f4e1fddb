"""The four ways of transfer, by which weights move, and what a pretrained network is worth."""

import copy
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.embeddings import NetworkFeatures
from netwright.nets import ConvNet, replace_head
from netwright.training import DiscriminativeRates, Freezing, GradualUnfreezing, Training
from netwright.vision import ConvNetClassifier, PretrainedClassifier

NARROW = partial(ConvNet, widths=(16, 32), depth=2)
TWENTY_STEPS = Training(epochs=5, batch_size=16, learning_rate=2e-3, validation=0.0)


def halves():
    """The digits from 0 to 4; ten pictures each of those from 5 to 9, and the rest of them."""
    X, y = load_digits().images, load_digits().target
    first = y < 5
    new, named = X[~first], y[~first]
    few = np.concatenate([np.flatnonzero(named == one)[:10] for one in range(5, 10)])
    rest = np.setdiff1d(np.arange(len(named)), few)
    return (X[first] / 16, y[first]), (new[few] / 16, named[few]), (new[rest] / 16, named[rest])


@pytest.fixture(scope="module")
def source():
    """A classifier that has learned the digits from 0 to 4."""
    return ConvNetClassifier(NARROW, training=Training(epochs=8), random_state=0).fit(*halves()[0])


def with_new_head(source):
    network = copy.deepcopy(source.network_.network)
    with isolated_seed(0):
        replace_head(network, 5)
    return network


def moved(before, after):
    """Names of parts, by their first word, of whose weights any has changed."""
    now = after.state_dict()
    return {name.split(".")[0] for name, value in before.items() if not torch.equal(value, now[name])}


def kept(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def fine_tuned(network, *callbacks, **recipe):
    training = Training(epochs=2, batch_size=16, validation=0.0, callbacks=callbacks, **recipe)
    model = ConvNetClassifier(network, training=training, random_state=0).fit(*halves()[1])
    return model.network_.network


def test_direct_use_predicts_what_the_source_model_says_of_stored_pictures(source, tmp_path):
    X, _ = halves()[0]
    pixels = np.round(X[:40] * 255).astype(np.uint8)
    paths = [tmp_path / f"{row}.png" for row in range(len(pixels))]
    for path, picture in zip(paths, pixels, strict=True):
        Image.fromarray(picture).save(path)
    network = source.network_.network
    mean, scale = ([one / 255 for one in values] for values in (source.means_, source.scales_))
    model = PretrainedClassifier(network, classes=list("01234"), mean=mean, scale=scale, batch_size=16)
    before = kept(network)
    model.fit(paths, ["0", "4"])
    with torch.no_grad():
        by_hand = (torch.as_tensor(pixels)[:, None] - source.means_[0]) / source.scales_[0]
        expected = network(by_hand).softmax(1)
    np.testing.assert_allclose(model.predict_proba(paths), expected, atol=1e-6)
    assert (model.predict(paths) == np.array(list("01234"))[expected.argmax(1)]).all()
    assert (model.predict(paths).astype(int) == source.predict(pixels)).all()
    assert not moved(before, network)


def test_direct_use_refuses_what_the_network_does_not_know(source):
    network, pictures = source.network_.network, np.zeros((2, 8, 8), dtype=np.uint8)
    grey = {"mean": [0.5], "scale": [0.5]}
    with pytest.raises(NotFittedError):
        PretrainedClassifier(network, **grey).predict(pictures)
    with pytest.raises(InputError, match="classes must be 5 names, got 2"):
        PretrainedClassifier(network, classes=["a", "b"], **grey).fit(pictures)
    with pytest.raises(InputError, match="y must hold classes that the network knows, got 7"):
        PretrainedClassifier(network, **grey).fit(pictures, [3, 7])
    with pytest.raises(InputError, match="network must be a network"):
        PretrainedClassifier().fit(pictures)


def test_as_a_standalone_extractor_nothing_of_the_network_moves(source):
    X, y = halves()[1]
    network = with_new_head(source)
    before = kept(network)
    make_pipeline(NetworkFeatures(network), LogisticRegression()).fit(X[:, None], y)
    assert not moved(before, network)


def test_integrated_and_frozen_the_head_alone_moves(source):
    network = with_new_head(source)
    tuned = fine_tuned(network, Freezing(["network.features"]))
    assert moved(kept(network), tuned) == {"classifier"}  # buffers of normalisation are compared too


def test_frozen_by_depth_what_stands_behind_moves(source):
    network = with_new_head(source)
    tuned = fine_tuned(network, Freezing(["network.features.0", "network.features.2", "network.features.3"]))
    before, after = kept(network), tuned.state_dict()
    still = {".".join(name.split(".")[:2]) for name in before if torch.equal(before[name], after[name])}
    assert {"features.0", "features.2", "features.3"} <= still
    assert not torch.equal(before["features.7.weight"], after["features.7.weight"])


def test_weight_initialisation_begins_at_the_source_and_all_weights_move(source):
    network = with_new_head(source)
    begun = fine_tuned(network, learning_rate=1e-12)
    for name, value in network.named_parameters():
        torch.testing.assert_close(dict(begun.named_parameters())[name], value, atol=1e-7, rtol=0)
    tuned = fine_tuned(network, learning_rate=1e-3)
    now = dict(tuned.named_parameters())
    assert all(not torch.equal(now[name], value) for name, value in network.named_parameters())


def test_gradual_unfreezing_and_discriminative_rates_move_the_first_layers_later_or_less(source):
    network = with_new_head(source)
    blocks = ["network.features.0", "network.features.3", "network.features.7"]
    gradual = fine_tuned(network, GradualUnfreezing(blocks), learning_rate=1e-3)  # two epochs: two blocks
    assert torch.equal(gradual.features[0].weight, network.features[0].weight)
    assert not torch.equal(gradual.features[7].weight, network.features[7].weight)

    def distance(tuned):
        return float((tuned.features[0].weight - network.features[0].weight).detach().abs().mean())

    plain = fine_tuned(network, learning_rate=1e-3)
    slow = fine_tuned(network, DiscriminativeRates(blocks, factor=10.0), learning_rate=1e-3)
    assert distance(slow) < 0.05 * distance(plain)


def test_pretraining_on_half_of_the_classes_beats_scratch_by_ten_points_on_ten_pictures_of_the_others(source):
    """In the same twenty steps; given enough of them, digits are learned from fifty pictures alone."""
    _, few, rest = halves()
    gains = []
    for seed in range(3):
        scratch = ConvNetClassifier(NARROW, training=TWENTY_STEPS, random_state=seed).fit(*few)
        tuned = ConvNetClassifier(with_new_head(source), training=TWENTY_STEPS, random_state=seed).fit(*few)
        gains.append(tuned.score(*rest) - scratch.score(*rest))
    assert np.mean(gains) >= 0.10
