import os

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

torch.manual_seed(int(os.environ.get("SEED", 0)))

data = load_wine()
X = data.data
y = data.target

X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.35, random_state=1, stratify=y)

mean, std = X_train.mean(axis=0), X_train.std(axis=0)
X_train = torch.tensor((X_train - mean) / std, dtype=torch.float32)
X_test = torch.tensor((X_test - mean) / std, dtype=torch.float32)
y_train = torch.as_tensor(y_train)
y_test = torch.as_tensor(y_test)

n_features = X_train.shape[1]
W1 = (torch.randn(n_features, 20) / np.sqrt(n_features)).requires_grad_()
b1 = torch.zeros(20, requires_grad=True)
W2 = (torch.randn(20, 3) / np.sqrt(20)).requires_grad_()
b2 = torch.zeros(3, requires_grad=True)
params = [W1, b1, W2, b2]


def net(x):
    return torch.tanh(x @ W1 + b1) @ W2 + b2


opt = torch.optim.AdamW(params, lr=0.01, weight_decay=0.01)

for step in range(200):
    loss = F.cross_entropy(net(X_train), y_train)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 25 == 0:
        print("step", step, "loss", round(loss.item(), 4))

with torch.no_grad():
    accuracy = (net(X_test).argmax(1) == y_test).float().mean().item()
print("score", accuracy)
