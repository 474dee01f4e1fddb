import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier
from torch.utils.data import DataLoader, Dataset


class PairDataset(Dataset):
    """Pairs of digits: half of them show the same digit."""

    def __init__(self, images, labels, rng):
        self.images = torch.as_tensor(images, dtype=torch.float32)
        self.labels = labels
        self.rng = rng
        self.by_label = {d: np.flatnonzero(labels == d) for d in range(10)}

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        same = self.rng.random() < 0.5
        label = self.labels[i]
        if not same:
            label = (label + self.rng.integers(1, 10)) % 10
        j = self.rng.choice(self.by_label[label])
        return self.images[i], self.images[j], torch.tensor(float(same))


class Encoder(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, dim))

    def forward(self, x):
        return self.layers(x)


def contrastive_loss(a, b, same, margin=2.0):
    d2 = (a - b).pow(2).sum(1)
    d = torch.sqrt(d2 + 1e-8)
    pull = same * d2
    push = (1 - same) * torch.clamp(margin - d, min=0).pow(2)
    return (pull + push).mean()


def nearest_neighbours(encoder, train_x, train_y, test_x, test_y):
    encoder.eval()
    with torch.no_grad():
        a = encoder(torch.as_tensor(train_x, dtype=torch.float32)).numpy()
        b = encoder(torch.as_tensor(test_x, dtype=torch.float32)).numpy()
    return KNeighborsClassifier(5).fit(a, train_y).score(b, test_y)


seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

x, y = load_digits(return_X_y=True)
x = x / 16.0
order = rng.permutation(len(x))
train, test = order[:1297], order[1297:]
pairs = DataLoader(PairDataset(x[train], y[train], rng), batch_size=64, shuffle=True)

encoder = Encoder()
optimizer = torch.optim.RMSprop(encoder.parameters(), lr=1e-3)
for epoch in range(25):
    encoder.train()
    total = 0.0
    for left, right, same in pairs:
        loss = contrastive_loss(encoder(left), encoder(right), same)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch + 1}: contrastive loss {total / len(pairs):.4f}")

print("score", nearest_neighbours(encoder, x[train], y[train], x[test], y[test]))
