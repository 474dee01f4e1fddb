import copy
import os

import torch
from sklearn.datasets import make_friedman1
from torch import nn
from torch.func import functional_call, stack_module_state

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
X, y = make_friedman1(1500, n_features=5, noise=0.8, random_state=seed)
X, y = torch.tensor(X, dtype=torch.float32) * 2 - 1, torch.tensor(y, dtype=torch.float32)
X_train, X_test, y_train, y_test = X[:1000], X[1000:], y[:1000], y[1000:]
centre, spread = y_train.mean(), y_train.std()
y_train = (y_train - centre) / spread


def member():
    return nn.Sequential(nn.Linear(5, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))


members = [member() for _ in range(6)]
params, buffers = stack_module_state(members)
skeleton = copy.deepcopy(members[0]).to("meta")


def one(p, b, x):
    return functional_call(skeleton, (p, b), (x,)).squeeze(-1)


all_of_them = torch.vmap(one, in_dims=(0, 0, None))
optimizer = torch.optim.Adam(params.values(), lr=5e-3)
for epoch in range(40):
    for rows in torch.randperm(len(X_train)).split(64):
        predictions = all_of_them(params, buffers, X_train[rows])
        loss = (predictions - y_train[rows]).pow(2).mean(dim=1).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 10 == 9:
        print("epoch", epoch + 1, "mean loss", loss.item() / 6)

with torch.no_grad():
    together = all_of_them(params, buffers, X_test).mean(0) * spread + centre
print("score", (1 - (together - y_test).pow(2).mean() / y_test.var()).item())
