"""Five numbers that say what thirty measurements say."""

import os

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from torch import nn


def load(seed):
    X = load_breast_cancer().data
    X = np.log1p(X)
    rows = np.random.default_rng(seed).permutation(len(X))
    train, test = X[rows[:430]], X[rows[430:]]
    mean, std = train.mean(axis=0), train.std(axis=0)
    return torch.tensor((train - mean) / std).float(), torch.tensor((test - mean) / std).float()


def explained(x, reconstruction):
    """Share of the variance explained, the mean over columns."""
    return 1 - (((x - reconstruction) ** 2).mean(dim=0) / x.var(dim=0)).mean().item()


seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
train, test = load(seed)

encoder = nn.Sequential(nn.Linear(30, 48), nn.ELU(), nn.Linear(48, 6))
decoder = nn.Sequential(nn.Linear(6, 48), nn.ELU(), nn.Linear(48, 30))
optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=3e-3)
schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, total_iters=60)

for epoch in range(60):
    encoder.train(), decoder.train()
    for x in torch.utils.data.DataLoader(train, batch_size=43, shuffle=True):
        loss = nn.functional.mse_loss(decoder(encoder(x)), x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    schedule.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1}: loss {loss.item():.4f}")

encoder.eval(), decoder.eval()
with torch.no_grad():
    print("train", explained(train, decoder(encoder(train))))
    print("score", explained(test, decoder(encoder(test))))
