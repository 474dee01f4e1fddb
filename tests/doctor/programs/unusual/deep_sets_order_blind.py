import argparse
import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


def batch_of_sets(images, labels, n):
    members = torch.randint(0, len(labels), (n, 4))
    return images[members], labels[members].sum(1).float()


class DeepSets(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.phi = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 32), torch.nn.ReLU())
        self.rho = torch.nn.Linear(32, 1)

    def forward(self, x):
        return self.rho(self.phi(x).sum(dim=1)).squeeze(1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=1200)
    args = parser.parse_args()
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    X, y = load_digits(n_class=5, return_X_y=True)
    X = torch.tensor(X / 16, dtype=torch.float32)
    y = torch.tensor(y)
    train, test = train_test_split(torch.arange(len(y)), test_size=0.3, stratify=y, random_state=3)
    model = DeepSets()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for step in range(args.steps):
        sets, total = batch_of_sets(X[train], y[train], 64)
        loss = torch.nn.functional.huber_loss(model(sets), total)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (step + 1) % 200 == 0:
            print(step + 1, loss.item())
    sets, total = batch_of_sets(X[test], y[test], 1000)
    with torch.no_grad():
        error = (model(sets) - total).pow(2).mean()
    print("score", 1 - (error / total.var()).item())


main()
