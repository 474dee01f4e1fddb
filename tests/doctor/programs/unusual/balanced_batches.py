import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, Sampler, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)


class Balanced(Sampler):
    def __init__(self, labels, each, seed):
        self.by_class = [np.flatnonzero(labels == k) for k in np.unique(labels)]
        self.each = each
        self.rng = np.random.default_rng(seed)

    def __len__(self):
        return min(len(rows) for rows in self.by_class) // self.each

    def __iter__(self):
        shuffled = [self.rng.permutation(rows) for rows in self.by_class]
        for i in range(len(self)):
            yield np.concatenate([rows[i * self.each : (i + 1) * self.each] for rows in shuffled]).tolist()


X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=88)
dataset = TensorDataset(torch.tensor(X_train).float(), torch.tensor(y_train))
loader = DataLoader(dataset, batch_sampler=Balanced(y_train, 5, seed))

model = nn.Sequential(nn.Linear(64, 96), nn.Tanh(), nn.Linear(96, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for epoch in range(25):
    model.train()
    for x, t in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), t)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(torch.tensor(X_val).float()).argmax(1) == torch.tensor(y_val)).float().mean().item()
    print(epoch, accuracy)
print("score", accuracy)
