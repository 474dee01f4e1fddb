"""Diabetes: a net for the expected progression and another for its uncertainty."""

import math
import os

import numpy as np
import torch
from sklearn.datasets import load_diabetes
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
generator = torch.Generator().manual_seed(SEED)

frame = load_diabetes(as_frame=True, scaled=False).frame
target = frame.pop("target")

mask = np.random.default_rng(8).random(len(frame)) < 0.7
inputs = ((frame - frame[mask].mean()) / frame[mask].std()).to_numpy()
outputs = ((target - target[mask].mean()) / target[mask].std()).to_numpy()

x_train = torch.tensor(inputs[mask], dtype=torch.float)
t_train = torch.tensor(outputs[mask], dtype=torch.float)
x_test = torch.tensor(inputs[~mask], dtype=torch.float)
t_test = torch.tensor(outputs[~mask], dtype=torch.float)


def draw(size=12):
    rows = torch.randint(len(x_train), (size,), generator=generator)
    return x_train[rows], t_train[rows]


class Estimate(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.center = nn.Sequential(nn.Linear(n, 16), nn.Tanh(), nn.Linear(16, 1))
        self.spread = nn.Sequential(nn.Linear(n, 4), nn.Tanh(), nn.Linear(4, 1), nn.Softplus())

    def forward(self, x):
        return self.center(x).squeeze(1), self.spread(x).squeeze(1) + 0.05


def negative_log_likelihood(center, spread, t):
    return (torch.log(spread) + 0.5 * ((t - center) / spread) ** 2 + 0.5 * math.log(2 * math.pi)).mean()


model = Estimate(x_train.shape[1])
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-3)

smooth = None
for step in range(1, 801):
    x, t = draw()
    loss = negative_log_likelihood(*model(x), t)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 2.0)
    optimizer.step()
    smooth = loss.item() if smooth is None else 0.95 * smooth + 0.05 * loss.item()
    if step % 200 == 0:
        print(step, round(smooth, 3))

model.eval()
with torch.no_grad():
    center, spread = model(x_test)
    print("test nll", negative_log_likelihood(center, spread, t_test).item())
    residual = ((t_test - center) ** 2).mean() / t_test.var(unbiased=False)
print("score", 1 - residual.item())
