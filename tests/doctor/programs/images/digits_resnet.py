import argparse
import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn, optim

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=15)
parser.add_argument("--batch-size", type=int, default=64)
parser.add_argument("--lr", type=float, default=0.15)
parser.add_argument("--width", type=int, default=16)
parser.add_argument("--depth", type=int, default=3)
parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED", 0)))
args = parser.parse_args()

torch.manual_seed(args.seed)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.a = nn.Conv2d(width, width, 3, padding=1)
        self.b = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        return x + self.b(F.relu(self.a(F.relu(x))))


class ResNet(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, stride=2, padding=1)
        self.blocks = nn.ModuleList([Block(width) for _ in range(depth)])
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(F.relu(x).mean(dim=(2, 3)))


def batches(X, y, size):
    for rows in torch.randperm(len(X)).split(size):
        yield X[rows], y[rows]


def train_one_epoch(model, optimizer, scheduler, X, y):
    model.train()
    for xb, yb in batches(X, y, args.batch_size):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
        scheduler.step()
    return loss.item()


@torch.no_grad()
def evaluate(model, X, y):
    model.eval()
    output = model(X)
    return F.cross_entropy(output, y).item(), (output.argmax(1) == y).float().mean().item()


digits = load_digits()
split = train_test_split(digits.images, digits.target, test_size=400, stratify=digits.target, random_state=1)
X_train, X_test = (torch.tensor(x, dtype=torch.float32).unsqueeze(1) for x in split[:2])
y_train, y_test = (torch.tensor(y) for y in split[2:])
mean, std = X_train.mean(), X_train.std()
X_train, X_test = (X_train - mean) / std, (X_test - mean) / std

model = ResNet(args.width, args.depth)
optimizer = optim.SGD(model.parameters(), lr=args.lr, momentum=0.9, weight_decay=1e-4)
steps = args.epochs * -(-len(X_train) // args.batch_size)
scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=args.lr, total_steps=steps)

for epoch in range(args.epochs):
    train_loss = train_one_epoch(model, optimizer, scheduler, X_train, y_train)
    test_loss, accuracy = evaluate(model, X_test, y_test)
    print(f"{epoch:3d} | train {train_loss:.4f} | test {test_loss:.4f} | accuracy {accuracy:.4f}")

print("score", accuracy)
