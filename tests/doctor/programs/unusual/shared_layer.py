import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)


def make_pairs(X, y, n):
    left = rng.integers(0, len(y), n)
    right = rng.integers(0, len(y), n)
    for i in range(0, n, 2):
        right[i] = rng.choice(np.flatnonzero(y == y[left[i]]))
    return TensorDataset(
        torch.tensor(X[left]).float(), torch.tensor(X[right]).float(), torch.tensor(y[left] == y[right]).float()
    )


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 32))
        self.judge = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, a, b):
        return self.judge((self.encoder(a) - self.encoder(b)).abs()).squeeze(1)


X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.3, stratify=y, random_state=0)
train_loader = DataLoader(make_pairs(X_train, y_train, 5000), batch_size=100, shuffle=True)
test_loader = DataLoader(make_pairs(X_test, y_test, 1000), batch_size=500)

model = Siamese()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(15):
    model.train()
    for a, b, same in train_loader:
        loss = nn.functional.binary_cross_entropy_with_logits(model(a, b), same)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum(((model(a, b) > 0) == (same > 0.5)).sum().item() for a, b, same in test_loader)
    print(f"epoch {epoch}: loss {loss.item():.3f} accuracy {right / 1000:.3f}")
print("score", right / 1000)
