"""Weights from local files: the catalogue is torchvision's, and what does not fit is named."""

import hashlib
import json
import pickle
import re
import runpy
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from netwright.core.errors import ModelError
from netwright.nets import (
    CATALOGUE,
    DenseNet,
    ResNet,
    find_pretrained,
    load_pretrained,
    load_weights,
    read_weights,
)

FIXTURES = Path(__file__).with_name("fixtures")
RECIPE = runpy.run_path(str(FIXTURES / "torchvision_nets.py"))
THEIRS = json.loads((FIXTURES / "torchvision_nets.json").read_text(encoding="utf-8"))["networks"]
INCEPTION = json.loads((FIXTURES / "inception_nets.json").read_text(encoding="utf-8"))["networks"]
FILES = {"googlenet": "googlenet-1378be20.pth", "inception_v3": "inception_v3_google-0cc3c7bd.pth"}


def small():
    return ResNet((1, 1), channels=1, width=4)


def tensors(network):
    return [value.clone() for value in network.state_dict().values()]


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_file_that_is_named_after_its_network_gives_torchvisions_logits(tmp_path, suffix):
    with torch.device("meta"):
        state = find_pretrained("resnet18").build().state_dict()
    weights = RECIPE["weights"](state)
    file = tmp_path / f"resnet18-weights{suffix}"
    torch.save(weights, file) if suffix == ".pth" else safetensors.torch.save_file(weights, file)
    network = load_pretrained(file)
    assert not network.training
    with torch.no_grad():
        logits = network(RECIPE["pictures"]())[:, ::50]
    torch.testing.assert_close(logits, torch.tensor(THEIRS["resnet18"]["logits"]), atol=1e-5, rtol=1e-5)


def test_each_network_of_the_catalogue_has_torchvisions_files_names_shapes_and_count():
    assert {entry.name for entry in CATALOGUE} == {*THEIRS, *FILES}
    known = {**THEIRS, **{name: {**INCEPTION[name], "published": [file]} for name, file in FILES.items()}}
    for entry in CATALOGUE:
        theirs = known[entry.name]
        with torch.device("meta"):
            network = entry.build()
        state = network.state_dict()
        state = dict(sorted(state.items())) if entry.name in FILES else state
        assert RECIPE["layout"](state) == theirs["layout"], entry.name
        assert sum(p.numel() for p in network.parameters()) == theirs["parameters"], entry.name
        assert set(entry.files) == {name for name in theirs["published"] if "features" not in name}
        assert all(find_pretrained(file) is entry for file in entry.files)


def test_a_name_that_is_not_in_the_catalogue_is_named():
    for name in ("resnet19", "resnet180-aaaaaaaa.pth", "mine.pth", ""):
        with pytest.raises(ModelError, match="choose from: alexnet, densenet121"):
            find_pretrained(name)


def test_weights_come_back_through_either_kind_of_file(tmp_path):
    network, other = small(), small()
    torch.save({"epoch": 3, "state_dict": {f"module.{k}": v for k, v in network.state_dict().items()}},
               tmp_path / "a.pth")  # fmt: skip
    safetensors.torch.save_file(
        {k: v.half() if v.is_floating_point() else v for k, v in network.state_dict().items()},
        tmp_path / "b.safetensors",
    )
    load_weights(other, tmp_path / "a.pth")
    assert same(tensors(network), tensors(other))
    load_weights(other, str(tmp_path / "b.safetensors"))
    assert other.fc.weight.dtype == torch.float32
    torch.testing.assert_close(other.fc.weight, network.fc.weight, atol=1e-3, rtol=1e-3)


def test_what_lacks_what_is_too_much_and_what_has_another_shape_is_named_and_nothing_is_changed():
    network = small()
    before = tensors(network)
    weights = {name: value + 1 for name, value in network.state_dict().items()}
    lacking = {name: value for name, value in weights.items() if name != "fc.bias"}
    cases = [
        (lacking, "no fc.bias"),
        ({**weights, "neck": torch.zeros(1)}, "neck, which it has not"),
        ({**weights, "fc.bias": torch.zeros(7)}, "fc.bias of shape (7,) instead of (10,)"),
        ({"neck": torch.zeros(1)}, "no conv1.weight, no bn1.weight, no bn1.bias and "),
    ]
    for bad, came in cases:
        with pytest.raises(ModelError, match=re.escape(f"those of ResNet, got {came}")):
            load_weights(network, bad)
    assert same(tensors(network), before)


def test_counters_of_batch_normalisation_may_lack_and_are_zero_then():
    network = small()
    network.bn1.num_batches_tracked += 5
    old = {name: value for name, value in network.state_dict().items() if "num_batches" not in name}
    load_weights(network, old)
    assert int(network.bn1.num_batches_tracked) == 0


def test_names_of_densenet_from_before_2018_are_brought_up_to_date(tmp_path):
    network, other = (DenseNet(depths=(2,), channels=1) for _ in range(2))
    old = {re.sub(r"(layer\d\.\w+)([12])\.", r"\1.\2.", k): v for k, v in network.state_dict().items()}
    assert "features.denseblock1.denselayer2.norm.1.weight" in old
    torch.save(old, tmp_path / "old.pth")
    load_weights(other, tmp_path / "old.pth")
    assert same(tensors(network), tensors(other))


class Evil:
    def __reduce__(self):
        return (Path.touch, (Path("evil-ran"),))


def test_a_file_that_would_run_code_is_refused_before_it_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"weight": Evil()}, tmp_path / "zip.pth")
    (tmp_path / "bare.pth").write_bytes(pickle.dumps({"weight": Evil()}, protocol=2))
    for name in ("zip.pth", "bare.pth"):
        with pytest.raises(ModelError, match=r"tensors alone, got content that would run code"):
            read_weights(name)
    assert not (tmp_path / "evil-ran").exists()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_cut_empty_or_foreign_file_is_named(tmp_path, suffix):
    whole = tmp_path / f"whole{suffix}"
    weights = nn.Linear(50, 50).state_dict()
    torch.save(weights, whole) if suffix == ".pth" else safetensors.torch.save_file(weights, whole)
    content = whole.read_bytes()
    for number, bad in enumerate([content[:-2000], content[:50], b"", b"\x00" * 300, b"no weights"]):
        file = tmp_path / f"bad{number}{suffix}"
        file.write_bytes(bad)
        with pytest.raises(ModelError, match=rf"bad{number}{suffix} must "):
            read_weights(file)
    with pytest.raises(ModelError, match=r"must be a file, got .*, which is none"):
        read_weights(tmp_path)


@pytest.mark.parametrize("content", [{}, [torch.zeros(1)], {"epoch": 3}, {"state_dict": {"a": 1.0}}, 3])
def test_a_file_without_weights_is_named(tmp_path, content):
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(ModelError, match=r"must hold tensors by name, got .*; save network"):
        read_weights(tmp_path / "other.pth")


def test_a_file_whose_name_bears_a_fingerprint_is_held_against_it(tmp_path):
    torch.save(small().state_dict(), tmp_path / "x.pth")
    content = (tmp_path / "x.pth").read_bytes()
    right = tmp_path / f"x-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    right.write_bytes(content)
    assert "fc.bias" in read_weights(right)
    (tmp_path / "x-00000000.pth").write_bytes(content)
    with pytest.raises(ModelError, match="fingerprint 00000000 of its name"):
        read_weights(tmp_path / "x-00000000.pth")
