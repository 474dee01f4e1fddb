import os

import torch
from sklearn.linear_model import LinearRegression
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

X = torch.randn(3000, 12)
effect = torch.linspace(-0.25, 0.25, 12)
y = X @ effect + torch.randn(3000)
X_train, X_test, y_train, y_test = X[:2000], X[2000:], y[:2000], y[2000:]


def train_one_epoch(model, optimizer, batch_size=50):
    order = torch.randperm(len(X_train))
    for i in range(0, len(order), batch_size):
        rows = order[i : i + batch_size]
        loss = (model(X_train[rows]).view(-1) - y_train[rows]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@torch.no_grad()
def r_squared(model):
    residual = y_test - model(X_test).view(-1)
    return 1 - (residual.square().sum() / (y_test - y_test.mean()).square().sum()).item()


net = nn.Sequential(nn.Linear(12, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.1)
for epoch in range(25):
    train_one_epoch(net, optimizer)
    if epoch % 5 == 4:
        print("epoch", epoch + 1, "R2", round(r_squared(net), 4))

line = LinearRegression().fit(X_train.numpy(), y_train.numpy())
print("a line has", line.score(X_test.numpy(), y_test.numpy()))
print("score", r_squared(net))
