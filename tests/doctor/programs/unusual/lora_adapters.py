import copy
import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class LoRALinear(nn.Module):
    def __init__(self, base, rank=8, alpha=16):
        super().__init__()
        self.base = base
        for p in self.base.parameters():
            p.requires_grad_(False)
        self.A = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, rank))
        self.scale = alpha / rank

    def forward(self, x):
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)


def run(model, loader, optimizer, epochs):
    for epoch in range(epochs):
        model.train()
        losses = []
        for x, y in loader:
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        print(f"  epoch {epoch}: {sum(losses) / len(losses):.4f}")


@torch.no_grad()
def accuracy(model, x, y):
    model.eval()
    return (model(x).argmax(1) == y).float().mean().item()


torch.manual_seed(int(os.environ.get("SEED", 0)))
digits = load_digits()
pixels = torch.tensor(digits.images, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
tr, te = train_test_split(torch.arange(len(labels)), test_size=0.3, stratify=labels, random_state=6)
plain, mirrored = pixels.flatten(1), pixels.flip(2).flatten(1)

base = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))
print("pretraining")
run(base, DataLoader(TensorDataset(plain[tr], labels[tr]), 64, shuffle=True), torch.optim.Adam(base.parameters(), 2e-3), 12)

adapted = copy.deepcopy(base)
for i in (0, 2, 4):
    adapted[i] = LoRALinear(adapted[i])
trainable = [p for p in adapted.parameters() if p.requires_grad]
print("adapting", sum(p.numel() for p in trainable), "of", sum(p.numel() for p in adapted.parameters()))
run(adapted, DataLoader(TensorDataset(mirrored[tr], labels[tr]), 64, shuffle=True), torch.optim.Adam(trainable, 5e-3), 20)
print("mirrored, before and after:", accuracy(base, mirrored[te], labels[te]), accuracy(adapted, mirrored[te], labels[te]))
print("score", accuracy(adapted, mirrored[te], labels[te]))
