import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import f1_score
from torch import nn

from netwright.contracts import check_layer
from netwright.nets import FusedViews


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def films(n, seed):
    """Of six labels three are to be seen in the poster alone (a bright channel), three in the plot alone."""
    generator = torch.Generator().manual_seed(seed)
    labels = (torch.rand(n, 6, generator=generator) < 0.4).float()
    posters = torch.randn(n, 3, 8, 8, generator=generator) + labels[:, :3, None, None]
    words = torch.randn(3, 20, generator=torch.Generator().manual_seed(9))
    plots = labels[:, 3:] @ words + 0.5 * torch.randn(n, 20, generator=generator)
    return posters, plots, labels


def micro_f1(poster, plot):
    """Of a network that is shown one view or both; what it is not shown is zero."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = FusedViews(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), 8, 20, 6, hidden=32)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    posters, plots, labels = films(400, seed=1)
    for _ in range(80):
        loss = F.binary_cross_entropy_with_logits(network(posters * poster, plots * plot), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    posters, plots, labels = films(400, seed=2)
    with torch.inference_mode():
        said = network(posters * poster, plots * plot) > 0
    return f1_score(labels, said, average="micro", zero_division=0)


def test_fused_views_keep_the_layer_contract():
    network = FusedViews(nn.Conv2d(3, 4, 3), 4, 5, 2, hidden=6)
    check_layer(network, drawn(2, 3, 6, 6), drawn(2, 5, seed=1), shape=(2, 2))


def test_fusing_is_the_formula():
    network, x, v = FusedViews(nn.Conv2d(3, 4, 3), 4, 5, 2, hidden=6), drawn(2, 3, 6, 6), drawn(2, 5, seed=1)
    views = torch.cat([network.features(x).mean((2, 3)), v], 1)
    hidden = (views @ network.joint.weight.T + network.joint.bias).clamp(min=0)
    torch.testing.assert_close(network(x, v), hidden @ network.classifier.weight.T + network.classifier.bias)


def test_two_views_together_know_more_labels_than_each_alone():
    both, poster, plot = micro_f1(1, 1), micro_f1(1, 0), micro_f1(0, 1)
    assert both > 0.95
    assert both > max(poster, plot) + 0.1


def test_a_frozen_body_stays_as_it_was():
    body = nn.Conv2d(3, 4, 3).requires_grad_(False)
    network = FusedViews(body, 4, 5, 2)
    network(drawn(2, 3, 6, 6), drawn(2, 5)).sum().backward()
    assert body.weight.grad is None
    assert network.joint.weight.grad.abs().sum() > 0
    assert pytest.approx(0) != float(network.classifier.weight.grad.abs().sum())
