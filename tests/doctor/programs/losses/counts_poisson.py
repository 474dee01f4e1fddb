import os

import numpy as np
import torch
from sklearn.datasets import make_friedman1
from sklearn.metrics import d2_tweedie_score
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

# daily counts: the log of their rate is a smooth function of ten measurements
X, signal = make_friedman1(n_samples=3000, n_features=10, random_state=SEED)
rate = np.exp((signal - 17.0) / 3.0)
counts = rng.poisson(rate)

split = 2200
X = torch.tensor(2 * X - 1, dtype=torch.float32)
y = torch.tensor(counts, dtype=torch.float32)
X_train, y_train, X_test, y_test = X[:split], y[:split], X[split:], y[split:]

net = nn.Sequential(nn.Linear(10, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))


def log_rate(x):
    return net(x).squeeze(-1)


criterion = nn.PoissonNLLLoss(log_input=True)
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.8)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40)
batch = 50

for epoch in range(40):
    order = torch.randperm(split)
    losses = []
    for i in range(0, split, batch):
        rows = order[i : i + batch]
        loss = criterion(log_rate(X_train[rows]), y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        losses.append(loss.item())
    schedule.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: poisson loss {sum(losses) / len(losses):.4f}")

with torch.no_grad():
    expected = log_rate(X_test).exp().clamp(1e-6, 1e6).numpy()
print("share of deviance explained on unseen days:")
print("score", d2_tweedie_score(y_test.numpy(), expected, power=1))
