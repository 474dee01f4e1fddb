"""Which training pictures look the same to a network."""

import pytest
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.explain import nearest_examples


def test_nearest_examples_are_those_of_brute_force_over_features():
    with isolated_seed(0):
        network = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 49, 6)
        )
    draw = torch.Generator().manual_seed(0)
    known, asked = torch.rand(30, 1, 16, 16, generator=draw), torch.rand(4, 1, 16, 16, generator=draw)
    known[7] = asked[2]
    rows, alike = nearest_examples(network, asked, known, n_neighbours=3, batch_size=8)
    features = [network[:4](images).detach() for images in (asked, known)]
    similarity = torch.cosine_similarity(features[0][:, None], features[1][None], dim=2)
    assert torch.equal(rows, similarity.argsort(1, descending=True)[:, :3])
    torch.testing.assert_close(alike, similarity.gather(1, rows))
    assert rows[2, 0] == 7
    with pytest.raises(InputError, match="n_neighbours must be"):
        nearest_examples(network, asked, known, n_neighbours=31)
