"""Estimators that were given a network, or keep one of their own making, come back with the same bits."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from torch import nn

from netwright.core.errors import ModelError
from netwright.core.saving import Archive, read_archive, write_archive
from netwright.embeddings import CLIPEmbedder, NetworkFeatures
from netwright.estimators import load, save
from netwright.estimators.codec import Decoder, Encoder
from netwright.losses import FocalLoss
from netwright.nets import VGG, DenseNet, GoogLeNet, InceptionV3, LeNet5, ResNet, UNet, Xception
from netwright.training import Training
from netwright.vision import ConvNetClassifier, PretrainedClassifier, SiameseTracker

DIGITS = load_digits()
X, y = (DIGITS.images * 15).astype(np.uint8), DIGITS.target


def carried(network):
    """A network, written and read again."""
    encoder = Encoder()
    tree = json.loads(json.dumps(encoder.tree(network, "network")))
    return Decoder(encoder.tensors, {}).value(tree)


NETWORKS = {
    "ResNet": (lambda: ResNet((1, 1), channels=1, width=4), (1, 32, 32)),
    "DenseNet": (lambda: DenseNet(depths=(2,), channels=1), (1, 32, 32)),
    "GoogLeNet": (lambda: GoogLeNet(width=0.125), (3, 16, 16)),
    "InceptionV3": (lambda: InceptionV3(width=0.0625), (3, 16, 16)),
    "Xception": (Xception, (3, 32, 32)),
    "UNet": (lambda: UNet(channels=1, depth=2), (1, 16, 16)),
    "VGG": (VGG, (3, 32, 32)),
    "torch's own": (
        lambda: nn.Sequential(
            nn.Flatten(2),
            nn.TransformerEncoderLayer(16, 2, 8, activation=F.gelu, batch_first=True),
            nn.LSTM(16, 4, batch_first=True),
        ),
        (3, 4, 4),
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_put_together_again_without_calling_what_built_it(name):
    build, shape = NETWORKS[name]
    torch.manual_seed(0)
    network, x = build().eval(), torch.randn(2, *shape)
    again = carried(network)
    assert repr(again) == repr(network)
    assert list(again.state_dict()) == list(network.state_dict())
    with torch.no_grad():
        one, two = network(x), again(x)
    one, two = (answer[0] if isinstance(answer, tuple) else answer for answer in (one, two))
    assert torch.equal(one, two)
    assert not again.training
    again.train()(x)  # what it lacks, training would miss


def test_what_is_shared_frozen_or_laid_otherwise_stays_so():
    inner = nn.Linear(3, 3)
    network = nn.ModuleDict({"one": inner, "two": inner, "tied": nn.Linear(3, 3), "conv": nn.Conv2d(3, 2, 3)})
    network["tied"].weight = inner.weight
    network["tied"].bias.requires_grad_(False)
    network["conv"].to(memory_format=torch.channels_last)
    again = carried(network)
    assert again["one"] is again["two"]
    assert again["tied"].weight is again["one"].weight
    assert [p.requires_grad for p in again["tied"].parameters()] == [True, False]
    assert again["conv"].weight.stride() == network["conv"].weight.stride()


def test_a_fine_tuned_network_returns_with_its_estimator(tmp_path):
    given = ResNet((1, 1), channels=1, width=4)
    recipe = Training(epochs=1, threads=1, loss=FocalLoss())
    model = ConvNetClassifier(given, training=recipe, random_state=0).fit(X[:200], y[:200])
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    assert np.array_equal(again.predict_proba(X[:50]), model.predict_proba(X[:50]))
    assert repr(again) == repr(model)
    assert torch.equal(again.backbone.fc.weight, given.fc.weight)  # as it was given, for the next fit


def test_network_features_return(tmp_path):
    pictures = torch.as_tensor(X[:60, None]).float().repeat(1, 1, 4, 4)[:, :, 2:30, 2:30]
    model = NetworkFeatures(LeNet5().eval()).fit(pictures)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    assert np.array_equal(again.transform(pictures), model.transform(pictures))
    assert list(again.get_feature_names_out()) == list(model.get_feature_names_out())
    make_pipeline(again, LogisticRegression(max_iter=20)).fit(pictures, y[:60])


def test_a_pretrained_classifier_returns_with_one_network_not_two(tmp_path):
    model = PretrainedClassifier(ResNet((1, 1), n_outputs=3, width=4), classes=["cat", "dog", "hen"], size=32)
    pictures = np.random.default_rng(0).integers(0, 256, (4, 40, 48, 3)).astype(np.uint8)
    model.fit(pictures)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    assert np.array_equal(again.predict_proba(pictures), model.predict_proba(pictures))
    assert again.network_.network is again.network
    assert again.predict(pictures).dtype == model.predict(pictures).dtype


@pytest.mark.parametrize("reads_order", [False, True])
def test_clip_returns_with_its_words(reads_order, tmp_path):
    pictures = np.zeros((40, 3, 8, 8), np.uint8)
    pictures[:20, 0], pictures[20:, 2] = 255, 255
    captions = ["all is red"] * 20 + ["all is blue"] * 20
    settings = {"width": 8, "maps": (4,), "training": Training(epochs=1, batch_size=8, threads=1)}
    model = CLIPEmbedder(**settings, reads_order=reads_order, random_state=0).fit(pictures, captions)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    assert np.array_equal(again.transform(pictures), model.transform(pictures))
    texts = ["blue", "something red", "unknown"]
    assert np.array_equal(again.transform_texts(texts), model.transform_texts(texts))
    assert again.vocabulary_.words == model.vocabulary_.words
    assert again.record_ == model.record_


def test_a_tracker_returns(tmp_path):
    clips, boxes = np.zeros((2, 3, 40, 40), np.uint8), np.zeros((2, 3, 4))
    clips[:, :, 12:22, 12:22] = np.random.default_rng(0).integers(0, 255, (10, 10))
    boxes[:] = 12, 12, 22, 22
    model = SiameseTracker(steps=2, random_state=0).fit(clips, boxes)
    save(model, tmp_path / "model")
    assert np.array_equal(
        load(tmp_path / "model").predict(clips, boxes[:, 0]), model.predict(clips, boxes[:, 0])
    )


class Mine(nn.Module):
    """A layer of the user's own."""

    def forward(self, x):
        return x


@pytest.mark.parametrize("kind", ["a class", "a function", "a hook"])
def test_what_is_code_of_the_users_own_is_refused_by_name(kind, tmp_path):
    network = nn.Sequential(nn.Flatten(), Mine() if kind == "a class" else nn.Linear(64, 2))
    if kind == "a function":
        network[1].forward = lambda x: x
    if kind == "a hook":
        network[1].register_forward_hook(lambda *_: None)
    model = NetworkFeatures(network, "0").fit(torch.zeros(1, 1, 8, 8))
    with pytest.raises(ModelError, match=r"estimator\.network\.1.* must be something that can be written"):
        save(model, tmp_path / "model")
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: tree.update({"$network": "os:system"}),
        lambda tree: tree.update({"$network": "torch.nn.modules.linear:math"}),
        lambda tree: tree.update({"$network": "torch.nn.modules.module:Tensor"}),
        lambda tree: tree.update({"$network": "netwright.core.files:Path"}),
        lambda tree: tree["own"].update({"forward": 5}),
        lambda tree: tree["own"].update({"__class__": 5}),
        lambda tree: tree["own"].update({"f": {"$function": "torch.nn.functional:boolean_dispatch"}}),
        lambda tree: tree["own"].update({"f": {"$function": "torch.nn.functional:torch"}}),
        lambda tree: tree["own"].update({"f": {"$dtype": "load"}}),
        lambda tree: tree["modules"].update({"2": {"$dict": []}}),
        lambda tree: tree["modules"].update({"2": {"$same": "nowhere"}}),
    ],
)
def test_a_document_that_was_changed_builds_nothing_but_networks(change, tmp_path):
    model = NetworkFeatures(nn.Sequential(nn.Flatten(), nn.Linear(64, 2)), "0").fit(torch.zeros(1, 1, 8, 8))
    save(model, tmp_path / "model")
    honest = read_archive(tmp_path / "model")
    change(honest.document["estimator"]["fields"]["network"])
    write_archive(Archive(honest.document, honest.tensors, honest.files), tmp_path / "model")
    with pytest.raises(ModelError):
        load(tmp_path / "model")
