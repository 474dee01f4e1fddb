import os

import networkx as nx
import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

graph = nx.karate_club_graph()
club = torch.tensor([0 if graph.nodes[n]["club"] == "Mr. Hi" else 1 for n in graph])
adjacency = torch.tensor(nx.to_numpy_array(graph, weight=None), dtype=torch.float32) + torch.eye(34)
degree = adjacency.sum(1)
propagate = adjacency / (degree[:, None] * degree[None, :]).sqrt()
labelled = torch.tensor([0, 33])
others = torch.tensor([n for n in range(34) if n not in (0, 33)])


class GCN(nn.Module):
    def __init__(self, features, hidden=16, classes=2):
        super().__init__()
        self.first = nn.Linear(features, hidden)
        self.second = nn.Linear(hidden, classes)

    def forward(self, x):
        h = torch.relu(propagate @ self.first(x))
        return propagate @ self.second(h)


votes = torch.zeros(34, 2)
for repeat in range(5):
    model = GCN(34)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-3)
    for step in range(300):
        logits = model(torch.eye(34))
        loss = nn.functional.cross_entropy(logits[labelled], club[labelled])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("repeat", repeat, "loss", loss.item())
    with torch.no_grad():
        votes += model(torch.eye(34)).softmax(1)
print("score", (votes.argmax(1) == club)[others].float().mean().item())
