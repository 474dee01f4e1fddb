import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class WideNet(nn.Module):
    def __init__(self, width=384, p=0.7):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(64, width), nn.ReLU(), nn.Dropout(p), nn.Linear(width, width), nn.ReLU(), nn.Dropout(p)
        )
        self.classifier = nn.Linear(width, 10)

    def forward(self, x):
        return self.classifier(self.layers(x))


def train_one_epoch(model, loader, criterion, optimizer):
    model.train()
    total, seen = 0.0, 0
    for inputs, targets in loader:
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(targets)
        seen += len(targets)
    return total / seen


@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    right = seen = 0
    for inputs, targets in loader:
        right += (model(inputs).argmax(1) == targets).sum().item()
        seen += len(targets)
    return right / seen


def main():
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    X, y = load_digits(return_X_y=True)
    X_train, X_val, y_train, y_val = train_test_split(X / 16.0, y, test_size=0.3, stratify=y, random_state=1)
    train_set = TensorDataset(torch.tensor(X_train).float(), torch.tensor(y_train))
    val_set = TensorDataset(torch.tensor(X_val).float(), torch.tensor(y_val))
    train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=512)
    model = WideNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(20):
        loss = train_one_epoch(model, train_loader, criterion, optimizer)
        print(f"epoch {epoch:02d} | loss {loss:.3f} | val acc {evaluate(model, val_loader):.3f}")
    print("score", evaluate(model, val_loader))


main()
