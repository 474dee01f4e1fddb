import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)


class Bag:
    def __init__(self, n_members):
        self.members = [nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)) for _ in range(n_members)]

    def fit(self, dataset, epochs=14):
        for number, member in enumerate(self.members):
            drawn = rng.integers(0, len(dataset), len(dataset))
            loader = DataLoader(Subset(dataset, drawn.tolist()), batch_size=50, shuffle=True)
            optimizer = torch.optim.Adam(member.parameters(), lr=3e-3)
            for _ in range(epochs):
                for x, y in loader:
                    optimizer.zero_grad()
                    loss = nn.functional.cross_entropy(member(x), y)
                    loss.backward()
                    optimizer.step()
            print("member", number, "loss", loss.item())
        return self

    @torch.no_grad()
    def predict(self, x):
        return torch.stack([m(x).softmax(1) for m in self.members]).mean(0).argmax(1)


X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=31)
train = TensorDataset(torch.tensor(X_train).float(), torch.tensor(y_train))
bag = Bag(4).fit(train)
print("score", (bag.predict(torch.tensor(X_test).float()).numpy() == y_test).mean())
