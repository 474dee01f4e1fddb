import os

import torch
from sklearn.datasets import make_regression
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
X, Y = make_regression(1500, n_features=8, n_informative=6, n_targets=2, noise=10.0, random_state=3)
Y = Y + 20 * X[:, :2] ** 2
X_train, X_test, Y_train, Y_test = (torch.tensor(a).float() for a in train_test_split(X, Y, random_state=0))
mean, std = Y_train.mean(0), Y_train.std(0)
Z_train = (Y_train - mean) / std
Z_train[torch.rand_like(Z_train) < 0.5] = float("nan")
print("missing", Z_train.isnan().float().mean().item())


def masked_mse(prediction, target):
    known = ~target.isnan()
    return (prediction[known] - target[known]).square().mean()


loader = DataLoader(TensorDataset(X_train, Z_train), batch_size=64, shuffle=True)
model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 2))
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05)
for epoch in range(40):
    model.train()
    for x, z in loader:
        loss = masked_mse(model(x), z)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 10 == 9:
        print("epoch", epoch + 1, "loss", loss.item())

model.eval()
with torch.no_grad():
    prediction = model(X_test) * std + mean
print("score", 1 - ((prediction - Y_test).pow(2).mean() / Y_test.var(0).mean()).item())
