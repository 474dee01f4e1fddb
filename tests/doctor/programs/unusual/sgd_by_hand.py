import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
lr, bs, epochs = 0.2, 32, 25

X, y = load_digits(return_X_y=True)
X_train, X_valid, y_train, y_valid = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=3)
X_train, y_train, X_valid, y_valid = map(torch.tensor, (X_train, y_train, X_valid, y_valid))
train_dl = DataLoader(TensorDataset(X_train.float(), y_train), batch_size=bs, shuffle=True)
valid_dl = DataLoader(TensorDataset(X_valid.float(), y_valid), batch_size=2 * bs)


class Mnist(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin1 = nn.Linear(64, 64)
        self.lin2 = nn.Linear(64, 10)

    def forward(self, xb):
        return self.lin2(F.relu(self.lin1(xb)))


model = Mnist()
for epoch in range(epochs):
    model.train()
    for xb, yb in train_dl:
        loss = F.cross_entropy(model(xb), yb)
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= p.grad * lr
            model.zero_grad()
    model.eval()
    with torch.no_grad():
        hits = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in valid_dl)
    print(epoch, hits / len(y_valid))

print("score", hits / len(y_valid))
