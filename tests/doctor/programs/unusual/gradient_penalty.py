import os

import torch
from sklearn.datasets import make_moons
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
X, y = make_moons(1500, noise=0.1, random_state=seed)
X, y = torch.tensor(X).float(), torch.tensor(y).float()
train_set, test_X, test_y = TensorDataset(X[:1000], y[:1000]), X[1000:], y[1000:]
loader = DataLoader(train_set, batch_size=50, shuffle=True)

net = nn.Sequential(nn.Linear(2, 32), nn.Softplus(), nn.Linear(32, 32), nn.Softplus(), nn.Linear(32, 1))
bce = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)

for epoch in range(40):
    net.train()
    for xb, yb in loader:
        xb = xb.clone().requires_grad_(True)
        logit = net(xb).squeeze(1)
        (slope,) = torch.autograd.grad(logit.sum(), xb, create_graph=True)
        penalty = slope.pow(2).sum(1).mean()
        loss = bce(logit, yb) + 1e-4 * penalty
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1}: loss {loss.item():.4f} penalty {penalty.item():.2f}")

net.eval()
with torch.no_grad():
    accuracy = ((net(test_X).squeeze(1) > 0).float() == test_y).float().mean().item()
print("score", accuracy)
