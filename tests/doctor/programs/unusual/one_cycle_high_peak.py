import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def loaders():
    X, y = load_digits(return_X_y=True)
    parts = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=90)
    X_train, X_val, y_train, y_val = (torch.tensor(p) for p in parts)
    train = TensorDataset(X_train.float(), y_train)
    val = TensorDataset(X_val.float(), y_val)
    return DataLoader(train, batch_size=32, shuffle=True), DataLoader(val, batch_size=450)


def fit_one_cycle(model, train_loader, val_loader, epochs, max_lr):
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=1e-2)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=max_lr, epochs=epochs, steps_per_epoch=len(train_loader)
    )
    for epoch in range(epochs):
        model.train()
        for x, y in train_loader:
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
        yield epoch, loss.item(), validate(model, val_loader)


@torch.no_grad()
def validate(model, loader):
    model.eval()
    return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


torch.manual_seed(int(os.environ.get("SEED", 0)))
net = nn.Sequential(
    nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10)
)
for epoch, loss, accuracy in fit_one_cycle(net, *loaders(), epochs=14, max_lr=0.03):
    print(epoch, round(loss, 4), round(accuracy, 4))
print("score", accuracy)
