import os

import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import StratifiedShuffleSplit
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

wine = load_wine()
splitter = StratifiedShuffleSplit(n_splits=1, test_size=0.4, random_state=11)
train, test = next(splitter.split(wine.data, wine.target))
X = torch.tensor(wine.data, dtype=torch.float32)
X = (X - X[train].mean(dim=0)) / X[train].std(dim=0)
y = torch.tensor(wine.target)

model = nn.Sequential(nn.Linear(13, 12), nn.Sigmoid(), nn.Linear(12, 3))
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)

# one-hot targets, mean negative log-likelihood
onehot = torch.zeros(len(y), 3)
onehot[torch.arange(len(y)), y] = 1.0

best, calm = float("inf"), 0
for step in range(4000):
    log_p = model(X[train]).log_softmax(dim=1)
    loss = -(onehot[train] * log_p).sum(dim=1).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.5f}")
    # stop once the loss has settled
    if loss.item() < best - 1e-6:
        best, calm = loss.item(), 0
    else:
        calm += 1
    if calm > 20 or best < 0.02:
        break

with torch.no_grad():
    test_log_p = model(X[test]).log_softmax(dim=1)
    accuracy = (test_log_p.argmax(1) == y[test]).float().mean()
    print(f"stopped after {step + 1} steps, test accuracy {accuracy.item():.4f}")
    print("score", (onehot[test] * test_log_p).sum(dim=1).mean().item())
