import os

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

X = torch.from_numpy(rng.uniform(-1, 1, (600, 2)))
z = torch.exp(-2 * (X[:, :1] - 0.2) ** 2) * torch.cos(3 * X[:, 1:])
X_fit, z_fit, X_new, z_new = X[:400], z[:400], X[400:], z[400:]

surface = torch.nn.Sequential(
    torch.nn.Linear(2, 32), torch.nn.Tanh(), torch.nn.Linear(32, 32), torch.nn.Tanh(), torch.nn.Linear(32, 1)
)
optimizer = torch.optim.Adam(surface.parameters(), lr=5e-3)
for iteration in range(1, 1501):
    misfit = torch.mean((surface(X_fit) - z_fit) ** 2)
    optimizer.zero_grad()
    misfit.backward()
    optimizer.step()
    if iteration % 300 == 0:
        print(f"{iteration} {misfit.item():.3e}")

with torch.no_grad():
    left = torch.mean((surface(X_new) - z_new) ** 2)
print("score", 1 - (left / z_new.var()).item())
