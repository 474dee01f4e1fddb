import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

X, y = load_digits(return_X_y=True)
X = (X / 16).astype("float32").reshape(-1, 1, 8, 8)
X_train, y_train, X_test, y_test = X[:1300], y[:1300], X[1300:], y[1300:]


def draw_pairs(X, y, count, rng):
    """Pairs of images, as many of the same digit as of two different ones."""
    left = rng.integers(len(y), size=count)
    right = np.empty(count, dtype=int)
    same = np.arange(count) % 2
    for i, (l, s) in enumerate(zip(left, same)):
        right[i] = rng.choice(np.flatnonzero((y == y[l]) == s))
    return torch.from_numpy(X[left]), torch.from_numpy(X[right]), torch.from_numpy(same).float()


class Embedding(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3)
        self.conv2 = nn.Conv2d(16, 32, 3)
        self.fc = nn.Linear(32 * 2 * 2, 16)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = nn.functional.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))

    def distance(self, a, b):
        return (self(a) - self(b)).pow(2).sum(1).add(1e-8).sqrt()


def contrastive(distance, same, margin=2.0):
    near = same * distance**2
    far = (1 - same) * torch.clamp(margin - distance, min=0) ** 2
    return (near + far).mean()


model = Embedding()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
a_test, b_test, same_test = draw_pairs(X_test, y_test, 1000, np.random.default_rng(1))

for epoch in range(10):
    model.train()
    a, b, same = draw_pairs(X_train, y_train, 3200, rng)
    for rows in torch.randperm(3200).split(64):
        optimizer.zero_grad()
        loss = contrastive(model.distance(a[rows], b[rows]), same[rows])
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        d = model.distance(a_test, b_test)
    accuracy = ((d < 1.0) == same_test.bool()).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.4f}, pairs told right {accuracy:.3f}")

print("score", accuracy)
