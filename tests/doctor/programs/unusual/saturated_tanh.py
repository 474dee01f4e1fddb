import os

import torch
from sklearn.datasets import make_moons
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
X, y = make_moons(1200, noise=0.08, random_state=seed)
X = torch.tensor(X, dtype=torch.float32) - torch.tensor([0.5, 0.25])
y = torch.tensor(y, dtype=torch.float32)
X_train, y_train, X_test, y_test = X[:800], y[:800], X[800:], y[800:]


class Steep(nn.Module):
    def __init__(self, units=64, slope=12.0):
        super().__init__()
        self.first = nn.Linear(2, units)
        self.second = nn.Linear(units, 1)
        nn.init.normal_(self.first.weight, std=slope)
        nn.init.uniform_(self.first.bias, -slope, slope)

    def forward(self, x):
        return self.second(torch.tanh(self.first(x))).squeeze(1)


net = Steep()
loss_fn = nn.BCEWithLogitsLoss()
opt = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(100):
    perm = torch.randperm(len(X_train))
    for start in range(0, len(perm), 50):
        batch = perm[start : start + 50]
        loss = loss_fn(net(X_train[batch]), y_train[batch])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 20 == 19:
        print("epoch", epoch + 1, "loss", loss.item())

with torch.no_grad():
    predicted = net(X_test) > 0
print("score", (predicted == (y_test > 0.5)).float().mean().item())
