"""Class activation maps, by the weights of the head and by the gradient."""

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

from netwright.core.errors import InputError
from netwright.explain import class_activation_map, grad_cam
from netwright.nets import ConvNet, PictureNet, ResNet, head_of
from netwright.training import Training
from netwright.vision import ConvNetClassifier


@pytest.fixture
def network():
    torch.manual_seed(0)
    return ConvNet(5, channels=2, widths=(4, 6), depth=1).eval()


def test_the_mean_of_a_class_activation_map_and_the_bias_are_the_answer(network):
    images = torch.rand(3, 2, 16, 16)
    outputs = network(images).detach()
    maps = network.features(images).detach()
    for target in range(5):
        weights = head_of(network).weight[target].detach()
        small = sum(weights[k] * maps[:, k] for k in range(6))  # by hand, one map after the other
        torch.testing.assert_close(small.mean((1, 2)) + head_of(network).bias[target], outputs[:, target])
        large = F.interpolate(small[:, None], (16, 16), mode="bilinear")[:, 0]
        torch.testing.assert_close(class_activation_map(network, images, target), large)


@pytest.mark.parametrize("build", [ConvNet, PictureNet, ResNet])
def test_grad_cam_is_the_positive_part_of_a_class_activation_map_by_hand_where_there_is_one(build):
    torch.manual_seed(0)
    network, images = build(n_outputs=5, channels=2).eval(), torch.rand(4, 2, 16, 16)
    network.requires_grad_(False)  # a frozen network is explained too
    target = torch.tensor([0, 3, 1, 4])
    low = F.relu(_small(network, images, target))
    expected = F.interpolate(low[:, None], (16, 16), mode="bilinear")[:, 0]
    expected = expected / expected.amax((1, 2), keepdim=True).clamp(min=1e-12)
    assert expected.amax((1, 2)).max() == 1
    torch.testing.assert_close(grad_cam(network, images, target), expected, rtol=1e-4, atol=1e-5)


def _small(network, images, target):
    return torch.einsum("rk,rkyx->ryx", head_of(network).weight[target], network.features(images))


def test_grad_cam_of_any_layer_is_what_hooks_and_autograd_give(plain_network):
    images = torch.rand(5, 1, 8, 8)
    first = plain_network[:2](images).detach().requires_grad_()
    outputs = plain_network[2:](first)
    gradient = torch.autograd.grad(outputs[:, 1].sum(), first)[0].mean((2, 3))
    by_hand = torch.zeros(5, 6, 6)
    for k in range(4):
        by_hand += gradient[:, k, None, None] * first[:, k].detach()
    by_hand = F.interpolate(by_hand.relu()[:, None], (8, 8), mode="bilinear")[:, 0]
    by_hand = by_hand / by_hand.amax((1, 2), keepdim=True).clamp(min=1e-12)
    torch.testing.assert_close(grad_cam(plain_network, images, 1, layer="1"), by_hand)
    assert not torch.allclose(grad_cam(plain_network, images, 1), by_hand)  # the last convolution's
    torch.testing.assert_close(
        grad_cam(plain_network, images, 1), grad_cam(plain_network, images, 1, plain_network[2])
    )


def test_a_picture_gets_the_same_map_alone_and_in_a_batch_and_nothing_of_the_network_changes(network):
    images = torch.rand(7, 2, 16, 16)
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    for explain in (class_activation_map, grad_cam):
        torch.testing.assert_close(explain(network, images, batch_size=3)[4:5], explain(network, images[4:5]))
    assert network.training
    assert all(p.grad is None for p in network.parameters())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_an_estimator_is_asked_by_its_labels():
    digits = load_digits()
    X, y = digits.images[digits.target < 2][:80] / 16, digits.target[digits.target < 2][:80]
    model = ConvNetClassifier(training=Training(epochs=2), random_state=0)
    two = model.fit(X, [("no", "yes")[k] for k in y])
    likeliest = grad_cam(two, X[:6])
    assert likeliest.shape == (6, 8, 8)
    torch.testing.assert_close(likeliest, grad_cam(two, X[:6], two.predict(X[:6])))
    evidence = class_activation_map(two, X[:6], "yes")
    torch.testing.assert_close(evidence, -class_activation_map(two, X[:6], "no"))  # two labels, one output
    with pytest.raises(InputError, match="target must be a label"):
        grad_cam(two, X[:6], "maybe")


def test_maps_are_refused_in_a_line_that_says_what_to_do(plain_network):
    images = torch.rand(2, 1, 8, 8)
    with pytest.raises(InputError, match="take grad_cam"):
        class_activation_map(plain_network, images)
    with pytest.raises(InputError, match="must be a name of the network, got 'last'; such as"):
        grad_cam(plain_network, images, layer="last")
    with pytest.raises(InputError, match="must give maps"):
        grad_cam(plain_network, images, layer="4")
    with pytest.raises(InputError, match=r"images\[None\]"):
        grad_cam(plain_network, images[0])
    with pytest.raises(InputError, match="target must be from 0 to 2"):
        grad_cam(plain_network, images, 3)
    with pytest.raises(InputError, match="must have a convolution"):
        grad_cam(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 3)), images)
    with pytest.raises(InputError, match="fit the estimator first"):
        grad_cam(ConvNetClassifier(), images)
