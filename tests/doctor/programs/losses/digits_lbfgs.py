"""Digits with a one-hidden-layer network, trained by L-BFGS on the full training set."""

import os

import torch
import torch.nn.functional as F
from sklearn import datasets

torch.manual_seed(int(os.environ.get("SEED", 0)))

data = datasets.load_digits()
images = torch.tensor(data.data, dtype=torch.float32) / 16.0
labels = torch.tensor(data.target)
perm = torch.randperm(len(images))
train, test = perm[:1200], perm[1200:]

W1 = torch.nn.Parameter(torch.randn(64, 40) / 64**0.5)
b1 = torch.nn.Parameter(torch.zeros(40))
W2 = torch.nn.Parameter(torch.randn(40, 10) / 40**0.5)
b2 = torch.nn.Parameter(torch.zeros(10))
params = [W1, b1, W2, b2]
penalty = 1e-3


def logits_of(x):
    return torch.tanh(x @ W1 + b1) @ W2 + b2


def objective():
    nll = F.cross_entropy(logits_of(images[train]), labels[train])
    return nll + penalty * (W1.pow(2).sum() + W2.pow(2).sum())


optimizer = torch.optim.LBFGS(params, lr=0.5, max_iter=20, history_size=10)


def closure():
    optimizer.zero_grad()
    loss = objective()
    loss.backward()
    return loss


for outer in range(20):
    loss = optimizer.step(closure)
    with torch.no_grad():
        accuracy = (logits_of(images[test]).argmax(1) == labels[test]).float().mean()
    print(f"outer step {outer}: objective {loss.item():.4f}, test accuracy {accuracy.item():.4f}")

print("score", accuracy.item())
