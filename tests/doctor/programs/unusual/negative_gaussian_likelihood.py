import math
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def sample(n):
    x = torch.rand(n, 1) * 2 - 1
    noise = 0.01 + 0.08 * (x > 0).float()
    y = 0.5 * torch.sin(2 * math.pi * x)
    return x, y + noise * torch.randn(n, 1)


x_train, y_train = sample(1500)
x_test, y_test = sample(1000)


class MeanVariance(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
        self.mean = nn.Linear(64, 1)
        self.log_var = nn.Linear(64, 1)

    def forward(self, x):
        h = self.body(x)
        return self.mean(h), self.log_var(h).clamp(-12, 4).exp()


model = MeanVariance()
criterion = nn.GaussianNLLLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 60)
for epoch in range(60):
    for rows in torch.randperm(len(x_train)).split(100):
        mean, var = model(x_train[rows])
        loss = criterion(mean, y_train[rows], var)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
    schedule.step()
    if epoch % 10 == 9:
        with torch.no_grad():
            mean, var = model(x_test)
            print(f"epoch {epoch + 1}: test nll {criterion(mean, y_test, var).item():.3f}")

with torch.no_grad():
    mean, var = model(x_test)
    r2 = 1 - (mean - y_test).square().mean() / y_test.var()
print("score", r2.item())
