import os
import time

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

BATCH = 50
EPOCHS = 25

digits = load_digits()
pixels = torch.from_numpy(digits.data.astype(np.uint8))
labels = torch.from_numpy(digits.target)

shuffled = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(3))
held_out, rest = shuffled[:400], shuffled[400:]


def as_input(rows):
    return rows / 16


X, y = as_input(pixels[rest]), labels[rest]
X_val, y_val = as_input(pixels[held_out]), labels[held_out]


class Classifier(nn.Module):
    def __init__(self, width=96):
        super().__init__()
        self.first = nn.Linear(64, width)
        self.second = nn.Linear(width, width)
        self.head = nn.Linear(width, 10)

    def embed(self, x):
        return torch.relu(self.second(torch.relu(self.first(x))))

    def forward(self, x):
        return self.head(self.embed(x))

    @torch.no_grad()
    def accuracy(self, x, y):
        return (self(x).argmax(dim=-1) == y).double().mean().item()


net = Classifier()
sgd = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9)
start = time.time()
for epoch in range(EPOCHS):
    order = torch.randperm(len(X))
    for i in range(0, len(X) - BATCH + 1, BATCH):
        chosen = order[i : i + BATCH]
        xb, yb = X[chosen], y[chosen]
        loss = nn.functional.cross_entropy(net(xb), yb)
        sgd.zero_grad()
        loss.backward()
        sgd.step()
    if epoch % 5 == 4:
        print(epoch + 1, f"loss={loss.item():.3f}", f"val={net.accuracy(X_val, y_val):.3f}", f"{time.time() - start:.1f}s")

print("score", net.accuracy(X_val, y_val))
