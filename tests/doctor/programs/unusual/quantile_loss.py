import math
import os

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
LEVELS = torch.tensor([0.1, 0.5, 0.9])


def make(n):
    x = torch.rand(n, 1) * 4 - 2
    return x, torch.sin(2 * x) + (0.3 + 0.2 * x.abs()) * torch.randn(n, 1)


def pinball(prediction, target):
    error = target - prediction
    return torch.maximum(LEVELS * error, (LEVELS - 1) * error).mean()


x_train, y_train = make(3000)
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=64, shuffle=True)
model = nn.Sequential(nn.Linear(1, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 30)
for epoch in range(30):
    model.train()
    for x, y in loader:
        loss = pinball(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    if epoch % 6 == 5:
        print(f"epoch {epoch + 1} loss {loss.item():.4f}")

x_test, y_test = make(3000)
model.eval()
with torch.no_grad():
    predicted = model(x_test)
normal = torch.distributions.Normal(0.0, 1.0)
truth = torch.sin(2 * x_test) + (0.3 + 0.2 * x_test.abs()) * normal.icdf(LEVELS)
print("share below each:", (y_test < predicted).float().mean(0).tolist())
print("score", 1 - ((predicted - truth).pow(2).mean() / truth.var()).item())
