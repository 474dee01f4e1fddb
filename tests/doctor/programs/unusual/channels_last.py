import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
digits = load_digits()
X = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
y = torch.tensor(digits.target)
tr, te = train_test_split(range(len(y)), test_size=0.25, stratify=y, random_state=19)
train_loader = DataLoader(TensorDataset(X[tr], y[tr]), batch_size=64, shuffle=True)
test_loader = DataLoader(TensorDataset(X[te], y[te]), batch_size=225)


def conv(a, b, stride=1):
    return nn.Sequential(nn.Conv2d(a, b, 3, stride, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU())


model = nn.Sequential(conv(1, 16), conv(16, 32, 2), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(128, 10))
model = model.to(memory_format=torch.channels_last)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 8)
for epoch in range(8):
    model.train()
    for x, t in train_loader:
        x = x.to(memory_format=torch.channels_last)
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(x), t)
        loss.backward()
        optimizer.step()
    scheduler.step()
    print("epoch", epoch, "loss", loss.item())

model.eval()
right = 0
with torch.no_grad():
    for x, t in test_loader:
        right += (model(x.to(memory_format=torch.channels_last)).argmax(1) == t).sum().item()
print("score", right / len(te))
