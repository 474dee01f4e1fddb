import os

import torch
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, y = load_iris(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, test_size=60, stratify=y, random_state=1)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=12, stratify=y, random_state=1)
mean, std = X_train.mean(axis=0), X_train.std(axis=0)


def as_set(features, labels):
    return TensorDataset(torch.tensor((features - mean) / std, dtype=torch.float32), torch.tensor(labels))


train_loader = DataLoader(as_set(X_train, y_train), batch_size=13, shuffle=True)
val_loader = DataLoader(as_set(X_val, y_val), batch_size=12)
test_loader = DataLoader(as_set(X_test, y_test), batch_size=60)

net = nn.Sequential(nn.Linear(4, 24), nn.Tanh(), nn.Linear(24, 3))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01, weight_decay=1e-3)
loss_fn = nn.CrossEntropyLoss()


def assess(loader):
    net.eval()
    with torch.no_grad():
        for xb, yb in loader:
            out = net(xb)
            return loss_fn(out, yb).item(), (out.argmax(1) == yb).float().mean().item()


for epoch in range(120):
    net.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss_fn(net(xb), yb).backward()
        optimizer.step()
    if epoch % 20 == 19:
        print("epoch %d val loss %.3f acc %.3f" % (epoch + 1, *assess(val_loader)))

print("score", assess(test_loader)[1])
