"""What a graph alone tells, beside a network on it."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from netwright.doctor.checks.graphs import check_graph_baseline

N_NODES = 120
LABELS = torch.arange(N_NODES) % 3


def _edges(inside, outside):
    """Pairs of nodes, of one block or of two, with these probabilities."""
    rng = np.random.default_rng(0)
    same = (LABELS[:, None] == LABELS).numpy()
    drawn = np.triu(rng.random((N_NODES, N_NODES)) < np.where(same, inside, outside), 1)
    return torch.tensor(np.argwhere(drawn | drawn.T).T)


class Graph(nn.Module):
    def __init__(self, dense):
        super().__init__()
        self.own, self.near, self.dense = nn.Linear(8, 3), nn.Linear(8, 3), dense

    def forward(self, x, edges):
        spread = edges @ x if self.dense else torch.zeros_like(x).index_add(0, edges[0], x[edges[1]])
        return self.own(x) + self.near(spread)


def _train(edges, dense, masked):
    def run():
        x = torch.randn(N_NODES, 8, generator=torch.Generator().manual_seed(0))
        graph = (
            torch.zeros(N_NODES, N_NODES).index_put((edges[0], edges[1]), torch.ones(())) if dense else edges
        )
        chosen = torch.arange(N_NODES) < 90 if masked else torch.arange(90)
        network = Graph(dense)
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        for _ in range(10):
            optimizer.zero_grad()
            F.cross_entropy(network(x, graph)[chosen], LABELS[chosen]).backward()
            optimizer.step()

    return run


@pytest.mark.parametrize(("dense", "masked"), [(True, True), (False, False)])
def test_blocks_of_a_graph_are_told_by_its_spectral_embedding(watched, dense, masked):
    (found,) = check_graph_baseline(watched(_train(_edges(0.3, 0.02), dense, masked)))
    assert found.severity == "info"
    assert found.evidence["spectral embedding"] > 0.9
    assert "90 labelled nodes" in found.message


def test_a_graph_without_blocks_tells_nothing(watched):
    (found,) = check_graph_baseline(watched(_train(_edges(0.1, 0.1), dense=False, masked=True)))
    assert found.evidence["spectral embedding"] < 0.55


def test_rows_of_a_table_are_no_graph(watched):
    def run():
        network = nn.Linear(4, 3)
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        for _ in range(5):
            optimizer.zero_grad()
            F.cross_entropy(network(torch.randn(N_NODES, 4)), LABELS).backward()
            optimizer.step()

    assert not list(check_graph_baseline(watched(run)))
