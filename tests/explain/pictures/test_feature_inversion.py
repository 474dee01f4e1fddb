"""Pictures that look to a network as another one does, drawn by an untrained hourglass."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from netwright.core.errors import InputError
from netwright.explain import feature_inversion
from netwright.nets import ConvNet
from netwright.training import Training
from netwright.vision import ConvNetClassifier


@pytest.fixture(scope="module")
def smooth():
    """Waves and an edge, from 0 to 1."""
    rows, columns = np.mgrid[:24, :24] / 24
    picture = 110 + 60 * np.sin(5 * rows + 2) + 50 * (columns > 0.5)
    return torch.as_tensor(picture / 255).float()[None]


def apart(one, other):
    return float((one - other).square().mean())


def test_what_a_layer_has_lost_the_prior_fills_better_than_free_pixels(smooth):
    """Means over 4 x 4 pixels are known: free pixels stay blocks, the hourglass draws a picture."""
    network = nn.Sequential(nn.AvgPool2d(4), nn.Flatten())
    found = feature_inversion(network, smooth, "", steps=250, widths=(16, 16))
    pixels = torch.full_like(smooth, 0.5).requires_grad_()
    optimizer = torch.optim.Adam([pixels], 0.02)
    for _ in range(250):
        loss = (network(pixels[None]) - network(smooth[None])).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert found.errors[found.best_step] < 1e-3
    assert float(loss) / float(network(smooth[None]).square().sum()) < 1e-3
    assert apart(found.image, smooth) < 0.7 * apart(pixels.detach(), smooth)


def test_where_nothing_is_lost_the_picture_itself_comes_back(smooth):
    torch.manual_seed(0)
    turn = nn.Conv2d(3, 3, 1, bias=False)
    nn.init.orthogonal_(turn.weight.data.view(3, 3))
    colours = torch.cat([smooth, smooth.flip(1), smooth.flip(2)])
    found = feature_inversion(nn.Sequential(turn, nn.Tanh()), colours, "0", steps=300, widths=(16, 16))
    assert apart(found.image, colours) < 0.02 * float(colours.var())
    assert min(found.errors) == found.errors[found.best_step]


def test_the_network_and_the_users_stream_stay_as_they_are_and_a_seed_repeats(smooth):
    network = ConvNet().train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    stream = torch.random.get_rng_state()
    one, two = (feature_inversion(network, smooth, "features.1", steps=8, widths=(8,)) for _ in range(2))
    assert torch.equal(stream, torch.random.get_rng_state())
    assert network.training
    assert all(parameter.grad is None for parameter in network.parameters())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert torch.equal(one.image, two.image)
    assert one.errors[-1] < one.errors[0]


def test_an_estimator_is_asked_in_its_own_bytes(capsys):
    digits = load_digits()
    X, y = np.repeat(np.repeat(digits.images[:200] / 16, 2, 1), 2, 2), digits.target[:200]
    model = ConvNetClassifier(training=Training(epochs=1), random_state=0).fit(X, y)
    found = feature_inversion(model, X[:1], None, steps=60, widths=(8, 8), progress=True)
    assert found.image.shape == (1, 16, 16)
    assert found.image.max() > 100
    assert found.errors[found.best_step] < 0.3 * found.errors[0]
    assert "inverting" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"image": torch.zeros(2, 1, 24, 24)}, "one picture"),
        ({"steps": 0}, "0 steps"),
        ({"model": "a net"}, "model must be a network"),
        (
            {"image": torch.zeros(1, 4, 4), "model": nn.Sequential(nn.Conv2d(1, 2, 1)), "layer": "0"},
            "16 pixels or more",
        ),
    ],
)
def test_what_cannot_be_inverted_is_refused(given, message):
    told = {"model": ConvNet(), "image": torch.zeros(1, 24, 24), "layer": "features.0", "steps": 1, **given}
    with pytest.raises(InputError, match=message):
        feature_inversion(**told)
