import os

import numpy as np
import torch
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

# three years of daily demand: a week, a year, a slow trend and noise
days = np.arange(1100)
weekday = np.array([0.0, 3.0, 4.0, 4.5, 8.0, 14.0, 11.0])[days % 7]
demand = 60 + 0.01 * days + weekday + 8 * np.sin(2 * np.pi * days / 365.25) + rng.normal(0, 1.2, len(days))

WINDOW, HORIZON, SPLIT = 21, 7, 850
mean, std = demand[:SPLIT].mean(), demand[:SPLIT].std()
series = torch.tensor((demand - mean) / std, dtype=torch.float32)


def windows(values):
    pieces = values.unfold(0, WINDOW + HORIZON, 1)
    return pieces[:, :WINDOW].unsqueeze(-1), pieces[:, WINDOW:]


past, future = windows(series[:SPLIT])
past_val, future_val = windows(series[SPLIT:])


class Forecaster(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.encoder = nn.GRU(1, hidden, batch_first=True)
        self.head = nn.Linear(hidden, HORIZON)

    def forward(self, x):
        _, state = self.encoder(x)
        return self.head(state[-1])


net = Forecaster()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=40)

for epoch in range(40):
    net.train()
    order = torch.randperm(len(past))
    losses = []
    for i in range(0, len(order), 64):
        batch = order[i : i + 64]
        prediction = net(past[batch])
        loss = ((prediction - future[batch]) ** 2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    sched.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: mse {np.mean(losses):.4f}, lr {sched.get_last_lr()[0]:.5f}")

net.eval()
with torch.no_grad():
    forecast = net(past_val) * std + mean
actual = future_val * std + mean
r2 = 1 - ((forecast - actual) ** 2).sum() / ((actual - actual.mean()) ** 2).sum()
mae = (forecast - actual).abs().mean()
print(f"validation mae {mae:.2f} units")
print("score", r2.item())
