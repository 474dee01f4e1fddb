import os

import numpy as np
import torch
from sklearn.datasets import make_moons
from torch import nn

seed = int(os.environ.get("SEED", 0))
np.random.seed(seed)
torch.manual_seed(seed)

X, y = make_moons(n_samples=1000, noise=0.1, random_state=seed)
X = torch.from_numpy(X.astype(np.float32))
y = torch.from_numpy(y.astype(np.float32))[:, None]
X_train, X_test, y_train, y_test = X[:700], X[700:], y[:700], y[700:]

model = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1), nn.Sigmoid())
criterion = nn.BCELoss()
optimizer = torch.optim.Rprop(model.parameters(), lr=0.01, step_sizes=(1e-6, 0.5))

history = []
for epoch in range(400):
    optimizer.zero_grad()
    loss = criterion(model(X_train), y_train)
    loss.backward()
    optimizer.step()
    history.append(loss.item())
print("loss, every fiftieth step:", [round(v, 4) for v in history[::50]])

with torch.no_grad():
    correct = ((model(X_test) > 0.5).float() == y_test).float().mean().item()
print("score", correct)
