import argparse
import os

import numpy as np
import pandas as pd
import torch
import torch.nn as nn
from sklearn.datasets import make_friedman1
from torch.utils.data import DataLoader, Dataset

MISSING = -99999.0


def read_frame(n):
    """Readings of ten probes and the yield; a probe that was off reads MISSING."""
    X, y = make_friedman1(n, n_features=10, noise=0.5, random_state=3)
    frame = pd.DataFrame(X, columns=[f"probe{i}" for i in range(10)])
    frame["yield"] = y
    rng = np.random.default_rng(3)
    for name in frame.columns[:10]:
        frame.loc[rng.random(n) < 0.005, name] = MISSING
    return frame.sort_values("yield", ignore_index=True)


class Rows(Dataset):
    def __init__(self, X, y):
        self.X = torch.tensor(X, dtype=torch.float32)
        self.y = torch.tensor(y, dtype=torch.float32)

    def __len__(self):
        return len(self.X)

    def __getitem__(self, i):
        return self.X[i], self.y[i]


def train_one_epoch(model, loader, optimizer):
    model.train()
    for x, y in loader:
        loss = ((model(x).flatten() - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    outputs, targets = zip(*[(model(x).flatten(), y) for x, y in loader])
    outputs, targets = torch.cat(outputs), torch.cat(targets)
    return 1 - ((outputs - targets) ** 2).sum() / ((targets - targets.mean()) ** 2).sum()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=25)
    parser.add_argument("--lr", type=float, default=0.02)
    parser.add_argument("--rows", type=int, default=2000)
    args = parser.parse_args()
    torch.manual_seed(int(os.environ.get("SEED", 0)))

    frame = read_frame(args.rows)
    frame = frame.replace(MISSING, np.nan)
    probes = [f"probe{i}" for i in range(10)]
    held = np.arange(len(frame)) % 5 == 4
    train, test = frame[~held], frame[held]

    middle = train.median()
    train, test = train.fillna(middle), test.fillna(middle)
    mean, std = train.mean(), train.std()
    train, test = (train - mean) / std, (test - mean) / std

    train_set = Rows(train[probes].values, train["yield"].values)
    test_set = Rows(test[probes].values, test["yield"].values)
    train_loader = DataLoader(train_set, batch_size=args.batch_size, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=200)

    model = nn.Sequential(nn.Linear(len(probes), 64), nn.SiLU(), nn.Linear(64, 32), nn.SiLU(), nn.Linear(32, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
    for epoch in range(args.epochs):
        train_one_epoch(model, train_loader, optimizer)
        print(f"epoch {epoch} R2 {evaluate(model, test_loader):.4f}")
    print("score", evaluate(model, test_loader).item())


if __name__ == "__main__":
    main()
