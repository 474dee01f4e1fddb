import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

# an 8x8 image becomes 8 patches of 2x4 pixels
digits = load_digits()
X = (digits.images / 16.0).astype(np.float32)
X = X.reshape(-1, 4, 2, 2, 4).transpose(0, 1, 3, 2, 4).reshape(-1, 8, 8)
order = np.random.default_rng(42).permutation(len(X))
X, y = torch.from_numpy(X[order]), torch.from_numpy(digits.target[order])
X_train, y_train, X_val, y_val, X_test, y_test = X[:1200], y[:1200], X[1200:1450], y[1200:1450], X[1450:], y[1450:]


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attention = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, x):
        q = self.norm1(x)
        x = x + self.attention(q, q, q, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))


class PatchTransformer(nn.Module):
    def __init__(self, dim=32, heads=4, depth=2):
        super().__init__()
        self.proj = nn.Linear(8, dim)
        self.pos = nn.Parameter(torch.randn(1, 8, dim) * 0.5)
        self.blocks = nn.Sequential(*[Block(dim, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, 10)

    def forward(self, patches):
        x = self.proj(patches)
        x = x + self.pos
        x = self.blocks(x)
        return self.head(self.norm(x).mean(dim=1))


def accuracy(model, X, y):
    model.eval()
    with torch.no_grad():
        return (model(X).argmax(-1) == y).float().mean().item()


def train_one_epoch(model, optimizer, schedule):
    model.train()
    losses = []
    for idx in torch.randperm(len(X_train)).split(64):
        loss = nn.functional.cross_entropy(model(X_train[idx]), y_train[idx], label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


model = PatchTransformer()
n_epochs = 22
optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.05)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=n_epochs * 19, pct_start=0.2)
for epoch in range(n_epochs):
    loss = train_one_epoch(model, optimizer, schedule)
    print(f"epoch {epoch:2d}  loss {loss:.3f}  val accuracy {accuracy(model, X_val, y_val):.3f}")

print("score", accuracy(model, X_test, y_test))
