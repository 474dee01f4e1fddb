import math
import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
EPOCHS, WARM = 15, 60


class RowTransformer(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.embed = nn.Linear(8, dim)
        self.position = nn.Parameter(0.1 * torch.randn(8, dim))
        self.encoder = nn.TransformerEncoderLayer(dim, 4, 64, dropout=0.0, batch_first=True)
        self.out = nn.Linear(8 * dim, 10)

    def forward(self, rows):
        return self.out(self.encoder(self.embed(rows) + self.position).flatten(1))


digits = load_digits()
rows = torch.tensor(digits.images, dtype=torch.float32) / 16
target = torch.tensor(digits.target)
tr, te = train_test_split(range(len(target)), test_size=0.25, stratify=target, random_state=2)
loader = DataLoader(TensorDataset(rows[tr], target[tr]), batch_size=64, shuffle=True)

model = RowTransformer()
optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
total = EPOCHS * len(loader)


def factor(step):
    if step < WARM:
        return step / WARM
    return 0.5 * (1 + math.cos(math.pi * (step - WARM) / (total - WARM)))


scheduler = LambdaLR(optimizer, factor)
for epoch in range(EPOCHS):
    model.train()
    for x, y in loader:
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
    print(f"epoch {epoch} loss {loss.item():.4f} rate {scheduler.get_last_lr()[0]:.5f}")

model.eval()
with torch.no_grad():
    print("score", (model(rows[te]).argmax(1) == target[te]).float().mean().item())
