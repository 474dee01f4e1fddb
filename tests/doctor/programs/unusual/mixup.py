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


def mixup(x, y, alpha=0.4):
    lam = rng.beta(alpha, alpha)
    index = torch.randperm(len(x))
    return lam * x + (1 - lam) * x[index], y, y[index], lam


digits = load_digits()
X = torch.tensor(digits.data / 16, dtype=torch.float32)
y = torch.tensor(digits.target)
train, val = train_test_split(np.arange(len(y)), test_size=0.25, stratify=digits.target, random_state=22)
train_loader = DataLoader(TensorDataset(X[train], y[train]), batch_size=32, shuffle=True)

model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(25):
    model.train()
    for xb, yb in train_loader:
        mixed, ya, yc, lam = mixup(xb, yb)
        logits = model(mixed)
        loss = lam * criterion(logits, ya) + (1 - lam) * criterion(logits, yc)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        logits = model(X[val])
        acc = (logits.argmax(1) == y[val]).float().mean().item()
    print(f"epoch {epoch}: train {loss.item():.3f} val {criterion(logits, y[val]).item():.3f} acc {acc:.3f}")
print("score", acc)
