import os
import random

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
torch.manual_seed(seed)


class Skippable(nn.Module):
    def __init__(self, dim, keep):
        super().__init__()
        self.keep = keep
        self.fn = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, dim))

    def forward(self, x):
        if self.training:
            return x + self.fn(x) if random.random() < self.keep else x
        return x + self.keep * self.fn(x)


def build(dim=64, depth=6):
    blocks = [Skippable(dim, 1 - 0.6 * (i + 1) / depth) for i in range(depth)]
    return nn.Sequential(nn.Linear(64, dim), *blocks, nn.LayerNorm(dim), nn.Linear(dim, 10))


X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=70)
loader = DataLoader(TensorDataset(torch.tensor(X_train).float(), torch.tensor(y_train)), batch_size=32, shuffle=True)
test_x, test_y = torch.tensor(X_test).float(), torch.tensor(y_test)

model = build()
optimizer = optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.02)
for epoch in range(16):
    model.train()
    losses = []
    for x, t in loader:
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(x), t)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        accuracy = (model(test_x).argmax(1) == test_y).float().mean().item()
    print(f"epoch {epoch}: {sum(losses) / len(losses):.3f} {accuracy:.3f}")
print("score", accuracy)
