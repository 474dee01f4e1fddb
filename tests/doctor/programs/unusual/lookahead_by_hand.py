import os

import torch
from sklearn.datasets import make_friedman3
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

X, y = make_friedman3(n_samples=2000, noise=0.05, random_state=seed)
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
X_train, X_test, y_train, y_test = X[:1500], X[1500:], y[:1500], y[1500:]
X_mean, X_std, y_mean, y_std = X_train.mean(0), X_train.std(0), y_train.mean(), y_train.std()
X_train, X_test = (X_train - X_mean) / X_std, (X_test - X_mean) / X_std
y_train, y_test = (y_train - y_mean) / y_std, (y_test - y_mean) / y_std

net = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
fast = torch.optim.Adam(net.parameters(), lr=4e-3)
slow = [p.detach().clone() for p in net.parameters()]
step = 0
for epoch in range(50):
    for idx in torch.randperm(len(X_train)).split(64):
        fast.zero_grad()
        loss = nn.functional.mse_loss(net(X_train[idx]).flatten(), y_train[idx])
        loss.backward()
        fast.step()
        step += 1
        if step % 5 == 0:
            with torch.no_grad():
                for s, p in zip(slow, net.parameters()):
                    s += 0.5 * (p - s)
                    p.copy_(s)
    if epoch % 10 == 9:
        print(epoch + 1, loss.item())

net.eval()
with torch.no_grad():
    mse = (net(X_test).flatten() - y_test).pow(2).mean()
print("score", (1 - mse / y_test.var()).item())
