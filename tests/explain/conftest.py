"""Pictures in which an object is planted, and a small network that has learned to name it."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

SIDE, OBJECT = 24, 10


def shapes():
    """Stripes across, stripes down and a chequer-board, each 10 x 10."""
    across = (torch.arange(OBJECT) % 4 < 2).float()[:, None].expand(OBJECT, OBJECT)
    return torch.stack([across, across.T, (across - across.T).abs()])


def plant(n_rows, seed):
    """Noisy pictures as bytes, their classes (3: nothing planted) and boxes (top, left, bottom, right)."""
    draw = torch.Generator().manual_seed(seed)
    pictures = 40 * torch.rand(n_rows, 1, SIDE, SIDE, generator=draw)
    classes = torch.randint(0, 4, (n_rows,), generator=draw)
    corners = torch.randint(0, SIDE - OBJECT + 1, (n_rows, 2), generator=draw)
    for row, (kind, (top, left)) in enumerate(zip(classes.tolist(), corners.tolist(), strict=True)):
        if kind < 3:
            pictures[row, 0, top : top + OBJECT, left : left + OBJECT] += 160 * shapes()[kind]
    return pictures.round().to(torch.uint8), classes, torch.cat([corners, corners + OBJECT], dim=1)


@pytest.fixture(scope="session")
def planted():
    """The trained network, and test pictures with objects: (network, pictures, classes, boxes)."""
    from netwright.core.seeding import isolated_seed
    from netwright.nets import ConvNet, Standardised

    pictures, classes, _ = plant(448, seed=0)
    with isolated_seed(0):
        network = Standardised(ConvNet(4, widths=(16,), depth=2), [25.0], [40.0])
        optimizer = torch.optim.Adam(network.parameters(), 0.01)
        for _ in range(12):
            for rows in torch.randperm(len(pictures)).split(64):
                optimizer.zero_grad()
                F.cross_entropy(network(pictures[rows]), classes[rows]).backward()
                optimizer.step()
    network.eval()
    tests, truth, boxes = plant(120, seed=1)
    with torch.no_grad():
        assert (network(tests).argmax(1) == truth).float().mean() > 0.97
    held = truth < 3
    return network, tests[held], truth[held], boxes[held]


@pytest.fixture
def plain_network():
    """A network that answers from a flat vector: no class activation map can be had of it."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 6, 3), nn.ReLU(inplace=True), nn.Flatten(),
        nn.Linear(6 * 16, 3),
    ).eval()  # fmt: skip
