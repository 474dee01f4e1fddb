import copy
import os

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.float32)
y = torch.tensor(digits.target)


def place(images):
    """Each image somewhere in a larger picture."""
    pictures = torch.zeros(len(images), 1, 12, 12)
    for picture, image in zip(pictures, images):
        top, left = torch.randint(0, 5, (2,)).tolist()
        picture[0, top : top + 8, left : left + 8] = image
    return pictures


def head(classes):
    return nn.Sequential(nn.Linear(288, 64), nn.ReLU(), nn.Linear(64, classes))


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(24, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        )  # fmt: skip
        self.head = head(classes)

    def forward(self, x):
        return self.head(self.trunk(x))


def fit(net, optimizer, loader, epochs):
    loss_fn = nn.CrossEntropyLoss()
    for _ in range(epochs):
        net.train()
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = loss_fn(net(xb), yb)
            loss.backward()
            optimizer.step()
    print(f"loss of the last batch {loss.item():.4f}")


def accuracy(net, X, y):
    net.eval()
    with torch.no_grad():
        return (net(X).argmax(1) == y).float().mean().item()


# first the digits 0 to 5, of which there are many
known = torch.nonzero(y < 6).flatten().repeat(3)
many = TensorDataset(place(images[known]), y[known])
base = Net(classes=6)
optimizer = torch.optim.Adam(base.parameters(), lr=2e-3)
fit(base, optimizer, DataLoader(many, batch_size=48, shuffle=True), epochs=6)

# then the digits 6 to 9, of which only thirty each may be used
new = [torch.nonzero(y == digit).flatten() for digit in range(6, 10)]
few = torch.cat([rows[:30] for rows in new])
rest = torch.cat([rows[30:] for rows in new])
X = place(images)
net = copy.deepcopy(base)
net.trunk.requires_grad_(False)
net.head = head(4)
optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=3e-3)
fit(net, optimizer, DataLoader(TensorDataset(X[few], y[few] - 6), batch_size=12, shuffle=True), epochs=25)

score = accuracy(net, X[rest], y[rest] - 6)
print(f"accuracy on the new digits {score:.3f}")
print("score", score)
