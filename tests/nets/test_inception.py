"""The Inception networks and Xception: beside torchvision's and timm's, by their parts, and on digits."""

import json
import runpy
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import SeparableConv2d
from netwright.losses import AuxiliaryHeadsLoss
from netwright.nets import GoogLeNet, InceptionResNetV2, InceptionV3, InceptionV4, Xception
from netwright.optim import OneCycle
from netwright.training import TensorSamples, Training
from netwright.training.objective import Supervised

FIXTURES = Path(__file__).with_name("fixtures")
RECIPE = runpy.run_path(str(FIXTURES / "torchvision_nets.py"))
INCEPTION = runpy.run_path(str(FIXTURES / "inception_nets.py"))
THEIRS = json.loads((FIXTURES / "inception_nets.json").read_text(encoding="utf-8"))["networks"]
PUBLISHED = {
    "googlenet": GoogLeNet,
    "inception_v3": InceptionV3,
    "inception_v4": InceptionV4,
    "inception_resnet_v2": InceptionResNetV2,
    "xception": Xception,
}


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def seeded(build, *args, **settings):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build(*args, **settings)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_networks_are_torchvisions_and_timms_auxiliary_heads_included(name):
    theirs = THEIRS[name]
    with torch.device("meta"):  # random weights would be thrown away
        network = PUBLISHED[name].published()
    state = network.state_dict()
    assert sum(parameter.numel() for parameter in network.parameters()) == theirs["parameters"]
    assert RECIPE["layout"](dict(sorted(state.items()))) == theirs["layout"]
    network.load_state_dict(INCEPTION["scaled"](RECIPE["weights"](state), name), assign=True)
    INCEPTION["quiet"](network)  # into training without its chance: there the auxiliary heads answer
    with torch.no_grad():
        answer = network(INCEPTION["pictures"](theirs["side"], RECIPE["pattern"]()))
    answers = answer if isinstance(answer, tuple) else (answer,)
    for logits, expected in zip(answers, map(torch.tensor, theirs["logits"]), strict=True):
        assert (expected[0] - expected[1]).abs().max() > 1e-3  # the pictures are told apart
        torch.testing.assert_close(logits[:, ::50], expected, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("build", PUBLISHED.values(), ids=PUBLISHED)
def test_inception_networks_keep_the_layer_contract(build):
    network = seeded(build, n_outputs=4, channels=1, width=0.03)
    check_layer(network, normal(2, 1, 8, 8), shape=(2, 4))


def test_small_networks_have_the_published_weights_by_name_and_shape_at_full_width():
    for build, deep in ((GoogLeNet, {}), (InceptionV3, {}), (InceptionV4, {"depths": (4, 7, 3)})):
        with torch.device("meta"):
            small, published = (
                build(1000, width=1.0, **deep),
                build.published(**({} if deep else {"aux": False})),
            )
        shapes = [
            {name: tuple(one.shape) for name, one in net.state_dict().items()} for net in (small, published)
        ]
        assert shapes[0] == shapes[1]


@pytest.mark.parametrize("build", PUBLISHED.values(), ids=PUBLISHED)
def test_the_answer_is_what_is_said_of_the_features(build):
    network, x = seeded(build, channels=1, width=0.03).eval(), normal(2, 1, 9, 12)
    torch.testing.assert_close(network.classify(network.features(x)), network(x), rtol=0, atol=0)


@pytest.mark.parametrize("build", PUBLISHED.values(), ids=PUBLISHED)
def test_pictures_that_do_not_fit_are_named_and_the_smallest_pass(build):
    network = seeded(build, channels=1, width=0.03).eval()
    with pytest.raises(InputError, match="1 channels, got 3"):
        network(normal(2, 3, 16, 16))
    for net in (network, seeded(build, channels=1, width=0.03, small=False).eval()):
        assert net(normal(2, 1, net.least, net.least)).isfinite().all()
        if net.least > 1:
            with pytest.raises(InputError, match=f"{net.least} x {net.least} pixels or larger"):
                net(normal(2, 1, net.least, net.least - 1))


def test_a_block_puts_its_ways_side_by_side():
    block = seeded(GoogLeNet, channels=1, width=0.1).eval().inception3a
    x = normal(2, block.branch1.conv.in_channels, 5, 6).relu()

    def layer(part, maps):
        convolved = F.conv2d(maps, part.conv.weight, padding=part.conv.kernel_size[0] // 2)
        return F.relu(convolved / (1 + 1e-3) ** 0.5)  # as the normalisation begins

    ways = [
        layer(block.branch1, x),
        layer(block.branch2[1], layer(block.branch2[0], x)),
        layer(block.branch3[1], layer(block.branch3[0], x)),
        layer(block.branch4[1], F.max_pool2d(x, 3, 1, 1)),
    ]
    torch.testing.assert_close(block(x), torch.cat(ways, 1))


def test_a_residual_block_adds_its_share_to_its_input():
    network = seeded(InceptionResNetV2, channels=1, width=0.1).eval()
    for repeat, scale in ((network.repeat, 0.17), (network.repeat_1, 0.1), (network.repeat_2, 0.2)):
        block = repeat[0]
        x = normal(2, block.conv2d.out_channels, 4, 4)
        branches = [part for name, part in block.named_children() if name.startswith("branch")]
        added = block.conv2d(torch.cat([branch(x) for branch in branches], 1))
        torch.testing.assert_close(block(x), F.relu(x + scale * added))
    x = normal(2, network.block8.conv2d.out_channels, 4, 4)
    assert (network.block8(x) < 0).any()  # the last one has no rectifier


def test_a_separable_convolution_of_xception_is_a_grouped_one_and_a_1x1_and_the_layer_of_that_name():
    part, x = seeded(Xception, channels=1, width=0.1).conv3, normal(2, 102, 5, 5)
    grouped = F.conv2d(x, part.conv1.weight, padding=1, groups=102)
    torch.testing.assert_close(
        part(x), torch.einsum("oi,bihw->bohw", part.pointwise.weight[:, :, 0, 0], grouped)
    )
    layer = SeparableConv2d(102, part.pointwise.out_channels, 3, padding=1, bias=False)
    layer.depthwise.weight, layer.pointwise.weight = part.conv1.weight, part.pointwise.weight
    torch.testing.assert_close(part(x), layer(x))
    assert not torch.allclose(grouped, F.conv2d(x, part.conv1.weight.flip(0), padding=1, groups=102))


@pytest.mark.parametrize("build", [GoogLeNet, InceptionV3])
def test_auxiliary_heads_answer_in_training_alone_and_give_a_gradient_to_the_middle(build):
    network, x = seeded(build, channels=1, width=0.03, aux=True), normal(4, 1, 8, 8)
    assert isinstance(network.eval()(x), torch.Tensor)
    answer, *auxiliary = network.train()(x)
    assert len(auxiliary) == (2 if build is GoogLeNet else 1)
    AuxiliaryHeadsLoss(lambda y, _: y.sum())((0 * answer.detach(), *auxiliary), answer).backward()
    touched = {name.split(".")[0] for name, p in network.named_parameters() if p.grad is not None}
    assert "fc" not in touched
    assert ("inception3a" if build is GoogLeNet else "Mixed_6e") in touched
    assert not touched & {"inception4e", "inception5b", "Mixed_7a"}


@pytest.mark.parametrize(
    ("build", "width", "epochs"),
    [(GoogLeNet, 0.15, 8), (InceptionV4, 0.1, 10), (InceptionResNetV2, 0.1, 10), (Xception, 0.08, 8)],
)
def test_small_networks_learn_digits(build, width, epochs):
    X, y = load_digits(return_X_y=True)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    X, y = torch.from_numpy(X).float().reshape(-1, 1, 8, 8)[order] / 8 - 1, torch.from_numpy(y)[order]
    network = seeded(build, channels=1, width=width)
    recipe = Training(
        epochs=epochs, batch_size=64, learning_rate=1e-2, schedule=OneCycle(), validation=0.0, threads=1
    )
    recipe.run(network, Supervised(nn.CrossEntropyLoss()), TensorSamples(X[:1300], y[:1300]))
    with torch.no_grad():
        assert (network.eval()(X[1300:]).argmax(1) == y[1300:]).double().mean() >= 0.97
