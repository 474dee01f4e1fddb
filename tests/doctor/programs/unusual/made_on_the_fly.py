import itertools
import os

import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Stream(IterableDataset):
    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)

    def __iter__(self):
        while True:
            x = torch.rand(2, generator=self.generator) * 4 - 2
            yield x, (torch.sin(1.5 * x[0]) * torch.cos(x[1])).unsqueeze(0)


model = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 800)
recent = []
for step, (x, y) in enumerate(itertools.islice(DataLoader(Stream(SEED), batch_size=64), 800)):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    recent.append(loss.item())
    if step % 200 == 199:
        print(f"step {step + 1}: {sum(recent[-100:]) / 100:.5f}")

x, y = next(iter(DataLoader(Stream(SEED + 1000), batch_size=1000)))
model.eval()
with torch.no_grad():
    print("score", 1 - (nn.functional.mse_loss(model(x), y) / y.var()).item())
