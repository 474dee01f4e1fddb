"""Two networks in a row: the classifier knows of the picture what the map says, and nothing else."""

import torch
from torch import nn

from netwright.contracts import check_layer
from netwright.nets import TwoStageNetwork, UNet
from netwright.training import Supervised, TensorSamples, Training, predict


def seeded(make):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return make()


def reader(channels=2):
    """A small classifier of maps."""
    return nn.Sequential(
        nn.Conv2d(channels, 8, 5, stride=2),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 2),
    )


def tissues(n_pictures, seed, *, device="first"):
    """Discs (diagnosis 0) and rings (diagnosis 1), bright on dark, or as a second device shows them."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(n_pictures) % 2
    centre = 6 + 4 * torch.rand(n_pictures, 2, 1, 1, generator=generator)
    rows, columns = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    far = ((rows - centre[:, 0]) ** 2 + (columns - centre[:, 1]) ** 2).sqrt()
    masks = ((far < 4.5) & ~((far < 2.2) & (y == 1)[:, None, None])).long()
    light = masks if device == "first" else 1 - masks
    X = light[:, None] - 0.5 + 0.1 * torch.randn(n_pictures, 1, 16, 16, generator=generator)
    return X, masks, y


def taught(network, X, target, epochs=6):
    recipe = Training(epochs=epochs, batch_size=16, learning_rate=0.01, validation=0.0)
    recipe.run(network, Supervised(nn.CrossEntropyLoss()), TensorSamples(X, target))
    return network


def accuracy(network, X, y):
    return float((predict(network, X).argmax(1) == y).float().mean())


def test_the_two_stage_network_keeps_the_layer_contract():
    stages = nn.Conv2d(1, 3, 3, padding=1), nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(2))
    x = torch.randn(3, 1, 6, 6)
    # half precision pushes pixels that are in doubt to the other tissue
    check_layer(TwoStageNetwork(*stages), x, shape=(3, 2, 16), autocasts=False)
    check_layer(TwoStageNetwork(*stages, hard=False), x, shape=(3, 2, 16))


def test_the_answer_depends_on_the_picture_through_the_map_alone():
    network = seeded(lambda: TwoStageNetwork(nn.Conv2d(1, 2, 3, padding=1), reader())).eval()
    X, _, _ = tissues(40, 0)
    maps = network.tissue_map(X)
    assert set(maps.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(maps.sum(1), torch.ones(40, 16, 16))
    assert torch.equal(network(X), network.classifier(maps))
    changed = X + 1e-3 * torch.randn(X.shape, generator=torch.Generator().manual_seed(1))
    same_map = (network.tissue_map(changed) == maps).flatten(1).all(1)
    assert same_map.sum() > 5
    assert not torch.equal(changed[same_map], X[same_map])
    assert torch.equal(network(changed)[same_map], network(X)[same_map])  # to the last bit
    other = ~(network.tissue_map(-X) == maps).flatten(1).all(1)
    assert (network(-X) != network(X))[other].any()


def test_a_new_device_needs_a_new_segmenter_and_the_classifier_stays():
    X, masks, y = tissues(128, 0)
    network = seeded(lambda: TwoStageNetwork(UNet(1, 2, width=4, depth=1), reader()))
    one_stage = taught(seeded(lambda: reader(1)), X, y, epochs=25)
    taught(network.segmenter, X, masks)
    taught(network.classifier, network.eval().tissue_map(X).detach(), y, epochs=25)
    old, new = tissues(100, 1), tissues(100, 2, device="second")
    assert accuracy(network, old[0], old[2]) > 0.95
    assert accuracy(one_stage, old[0], old[2]) > 0.95
    before = [p.clone() for p in network.classifier.parameters()]
    taught(network.segmenter, *tissues(128, 3, device="second")[:2])
    assert accuracy(network, new[0], new[2]) > 0.95
    assert accuracy(one_stage, new[0], new[2]) < 0.8
    assert all(torch.equal(a, b) for a, b in zip(before, network.classifier.parameters(), strict=True))
