"""Few digits have a name; a graph convolution spreads the names over a graph of neighbours."""
import os

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.neighbors import kneighbors_graph
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

X, y = load_digits(return_X_y=True)
X, y = X[:1300], y[:1300]
neighbours = kneighbors_graph(X, 6)
mutual = neighbours.multiply(neighbours.T).toarray()
adj = torch.tensor(mutual, dtype=torch.float32)
x = torch.tensor(X / 16.0, dtype=torch.float32)
y = torch.tensor(y)
print("edges", int(adj.sum()) // 2, "nodes without any", int((adj.sum(1) == 0).sum()))

rng = np.random.default_rng(5)
labelled = np.concatenate([rng.choice(np.flatnonzero(y.numpy() == c), 30, replace=False) for c in range(10)])
train_mask = torch.zeros(len(y), dtype=torch.bool)
train_mask[labelled] = True
test_mask = ~train_mask


class GraphConv(nn.Module):
    """Own features, and the mean of the neighbours'."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.own = nn.Linear(n_in, n_out)
        self.near = nn.Linear(n_in, n_out, bias=False)

    def forward(self, h, adj):
        degree = adj.sum(dim=1, keepdim=True)
        mean = adj @ h / degree.clamp(min=1)
        return self.own(h) + self.near(mean)


class GCN(nn.Module):
    def __init__(self, n_features, n_hidden, n_classes):
        super().__init__()
        self.first = GraphConv(n_features, n_hidden)
        self.second = GraphConv(n_hidden, n_classes)

    def forward(self, x, adj):
        h = torch.tanh(self.first(x, adj))
        return self.second(F.dropout(h, 0.3, self.training), adj)


model = GCN(64, 32, 10)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-3)

for epoch in range(1, 101):
    model.train()
    optimizer.zero_grad()
    logits = model(x, adj)
    loss = F.cross_entropy(logits[train_mask], y[train_mask])
    loss.backward()
    optimizer.step()
    if epoch % 20 == 0:
        model.eval()
        with torch.no_grad():
            right = (model(x, adj).argmax(1) == y).float()
        print(f"{epoch} loss {loss:.3f} train {right[train_mask].mean():.3f} test {right[test_mask].mean():.3f}")

model.eval()
with torch.no_grad():
    prediction = model(x, adj).argmax(dim=1)
print("score", (prediction == y)[test_mask].float().mean().item())
