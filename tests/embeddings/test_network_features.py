"""Features of any layer of any network, as a step of a Pipeline."""

import pickle

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from torch import nn

from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.embeddings import NetworkFeatures
from netwright.nets import PictureNet
from netwright.training import Supervised, TensorSamples, Training

LABELLED = 20


def digits():
    """Pictures as float32 (rows, 1, 8, 8), and their classes."""
    found = load_digits()
    return torch.as_tensor(found.images[:, None] / 16).float(), torch.as_tensor(found.target)


@pytest.fixture(scope="module")
def network():
    """Has learned to tell the digits from 0 to 4."""
    X, y = digits()
    known = y < 5
    with isolated_seed(0):
        network = PictureNet(5, 1, widths=(16, 32), patch=1)
    samples = TensorSamples(X[known], y[known])
    Training(epochs=8, batch_size=64, learning_rate=3e-3, validation=0.0).run(
        network, Supervised(nn.CrossEntropyLoss()), samples
    )
    return network.eval()


@pytest.mark.parametrize("layer", ["features.0", "features.2", "pool", "classifier"])
def test_features_are_what_a_forward_hook_on_the_layer_sees(network, layer):
    X, _ = digits()
    seen = []
    hook = network.get_submodule(layer).register_forward_hook(lambda _, __, out: seen.append(out.detach()))
    network(X[:50])
    hook.remove()
    found = NetworkFeatures(network, layer, pooled=False, batch_size=7).fit(X[:50]).transform(X[:50])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, seen[0].flatten(1), atol=1e-6)
    pooled = NetworkFeatures(network, layer).fit_transform(X[:50].numpy())
    expected = seen[0].mean((2, 3)) if seen[0].ndim == 4 else seen[0]
    np.testing.assert_allclose(pooled, expected, atol=1e-6)


def test_features_help_a_linear_model_at_twenty_labels_of_each_class(network):
    """The classes from 5 to 9, which the network has never seen."""
    X, y = digits()
    new = y > 4
    X, y = X[new].numpy(), y[new].numpy()
    few = np.concatenate([np.flatnonzero(y == one)[:LABELLED] for one in range(5, 10)])
    rest = np.setdiff1d(np.arange(len(y)), few)
    linear = LogisticRegression(max_iter=1000)
    pixels = linear.fit(X[few].reshape(len(few), -1), y[few]).score(X[rest].reshape(len(rest), -1), y[rest])
    model = make_pipeline(NetworkFeatures(network, "features.3", pooled=False), clone(linear)).fit(
        X[few], y[few]
    )
    assert model.score(X[rest], y[rest]) > pixels + 0.01


def test_nothing_of_the_network_moves(network):
    X, y = digits()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    make_pipeline(NetworkFeatures(network), LogisticRegression(max_iter=1000)).fit(X[:60], y[:60])
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_it_is_a_transformer_like_any_other(network):
    X, _ = digits()
    features = NetworkFeatures(network)
    with pytest.raises(NotFittedError):
        features.transform(X)
    assert features.fit(X[:9]).n_features_out_ == 32
    assert list(features.get_feature_names_out()[:2]) == ["networkfeatures0", "networkfeatures1"]
    again = pickle.loads(pickle.dumps(features))
    np.testing.assert_array_equal(again.transform(X[:9]), features.transform(X[:9]))
    assert clone(features).fit_transform(X[:9]).shape == (9, 32)


def test_paths_of_pictures_are_read(network, tmp_path):
    X, _ = digits()
    pixels = (X[:3, 0] * 255).round().to(torch.uint8)
    paths = [tmp_path / f"{row}.png" for row in range(3)]
    for path, picture in zip(paths, pixels.numpy(), strict=True):
        Image.fromarray(picture).save(path)
    found = NetworkFeatures(network).fit_transform(paths)
    np.testing.assert_allclose(found, NetworkFeatures(network).fit_transform(pixels[:, None]), atol=1e-6)


def test_a_fitted_estimator_gives_its_network_inside_a_frozen_one():
    from netwright.tabular import MLPClassifier

    X, y = load_digits(return_X_y=True)
    model = MLPClassifier(hidden=(8,), training=Training(epochs=2), random_state=0).fit(X[:300], y[:300])
    found = clone(make_pipeline(NetworkFeatures(FrozenEstimator(model)))).fit_transform(X[:5])
    assert found.shape == (5, 8)
    with pytest.raises(InputError, match="network must be a network, got MLPClassifier"):
        NetworkFeatures(clone(model)).fit(X[:5])
    with pytest.raises(InputError, match="must be a name of the network"):
        NetworkFeatures(nn.Linear(64, 2), "middle").fit(X[:5])
