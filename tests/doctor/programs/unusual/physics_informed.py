import math
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
OMEGA = 3.0


class Solution(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, t):
        return 1 + t**2 * self.net(t)


def residual(u, t):
    x = u(t)
    (dx,) = torch.autograd.grad(x.sum(), t, create_graph=True)
    (ddx,) = torch.autograd.grad(dx.sum(), t, create_graph=True)
    return ddx + OMEGA**2 * x


u = Solution()
optimizer = torch.optim.Adam(u.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.999)
for step in range(1500):
    t = 2 * torch.rand(64, 1)
    t.requires_grad_(True)
    loss = residual(u, t).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if step % 250 == 249:
        print("step", step + 1, "residual", loss.item())

with torch.no_grad():
    t = torch.linspace(0, 2, 200)[:, None]
    truth = torch.cos(OMEGA * t)
    r2 = 1 - (u(t) - truth).pow(2).mean() / truth.var()
print("largest error", (u(t) - truth).abs().max().item())
print("score", r2.item())
