import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, Dataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)


class DigitSets(Dataset):
    def __init__(self, images, labels, n_sets, rng):
        self.images = torch.tensor(images, dtype=torch.float32)
        self.labels = torch.tensor(labels)
        self.members = torch.tensor(rng.integers(0, len(labels), (n_sets, 5)))

    def __len__(self):
        return len(self.members)

    def __getitem__(self, i):
        rows = self.members[i]
        return self.images[rows], self.labels[rows].max()


class SetNet(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(64, dim), nn.ReLU(), nn.Linear(dim, dim))
        self.attention = nn.MultiheadAttention(dim, 4, batch_first=True)
        self.norm = nn.LayerNorm(dim)
        self.out = nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, 10))

    def forward(self, sets):
        h = self.embed(sets)
        mixed, _ = self.attention(h, h, h, need_weights=False)
        return self.out(self.norm(h + mixed).amax(dim=1))


X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.3, stratify=y, random_state=0)
rng = np.random.default_rng(seed)
train_loader = DataLoader(DigitSets(X_train, y_train, 2500, rng), batch_size=64, shuffle=True)
test_loader = DataLoader(DigitSets(X_test, y_test, 500, rng), batch_size=250)

model = SetNet()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(12):
    model.train()
    for sets, largest in train_loader:
        loss = nn.functional.cross_entropy(model(sets), largest)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        hits = sum((model(s).argmax(1) == m).sum().item() for s, m in test_loader)
    print(f"epoch {epoch} loss {loss.item():.3f} accuracy {hits / 500:.3f}")
print("score", hits / 500)
