import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

X = rng.uniform(-1, 1, (4000, 4)).astype(np.float32)
rate = np.exp(1.0 + X[:, 0] + np.sin(3 * X[:, 1]) - 0.8 * X[:, 2] * X[:, 3])
counts = rng.poisson(rate).astype(np.float32)
X, counts, rate = torch.tensor(X), torch.tensor(counts), torch.tensor(rate)
loader = DataLoader(TensorDataset(X[:3000], counts[:3000]), batch_size=100, shuffle=True)


class RateNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 1))

    def forward(self, x):
        return self.net(x).squeeze(-1)


model = RateNet()
criterion = nn.PoissonNLLLoss(log_input=True)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.02)
for epoch in range(30):
    running = []
    for x, n in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), n)
        loss.backward()
        optimizer.step()
        running.append(loss.item())
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} nll {np.mean(running):.4f}")

with torch.no_grad():
    log_rate = model(X[3000:])
truth = rate[3000:].log()
print("score", 1 - ((log_rate - truth).pow(2).mean() / truth.var()).item())
