import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X / 16, y, test_size=0.2, stratify=y, random_state=0)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)


def dataset(features, labels):
    return TensorDataset(torch.tensor(features, dtype=torch.float32), torch.tensor(labels))


train_loader = DataLoader(dataset(X_train, y_train), batch_size=32, shuffle=True)
val_loader = DataLoader(dataset(X_val, y_val), batch_size=500)
test_loader = DataLoader(dataset(X_test, y_test), batch_size=500)


def evaluate(model, loader):
    model.eval()
    right = 0
    with torch.no_grad():
        for xb, yb in loader:
            right += (model(xb).argmax(1) == yb).sum().item()
    return right / len(loader.dataset)


def train(lr, epochs):
    model = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    for _ in range(epochs):
        model.train()
        for xb, yb in train_loader:
            loss = nn.functional.cross_entropy(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model


results = {}
for lr in (1e-4, 1e-3, 1e-2, 1e-1, 3.0):
    results[lr] = evaluate(train(lr, epochs=4), val_loader)
    print(f"lr {lr}: validation accuracy {results[lr]:.4f}")
best = max(results, key=results.get)
final = train(best, epochs=15)
print("best rate", best, "validation", evaluate(final, val_loader))
print("score", evaluate(final, test_loader))
