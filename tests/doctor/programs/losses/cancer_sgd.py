import os
import random

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


def set_seed(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def get_data(batch_size=16):
    X, y = load_breast_cancer(return_X_y=True)
    X_tr, X_te, y_tr, y_te = train_test_split(X, y, test_size=0.3, stratify=y, random_state=1)
    scaler = StandardScaler()
    X_tr = torch.as_tensor(scaler.fit_transform(X_tr), dtype=torch.float32)
    X_te = torch.as_tensor(scaler.transform(X_te), dtype=torch.float32)
    y_tr = torch.as_tensor(y_tr, dtype=torch.float32)
    y_te = torch.as_tensor(y_te, dtype=torch.float32)
    train = DataLoader(TensorDataset(X_tr, y_tr), batch_size=batch_size, shuffle=True)
    test = DataLoader(TensorDataset(X_te, y_te), batch_size=batch_size)
    return train, test


class Classifier(nn.Module):
    def __init__(self, n_features=30, n_hidden=16):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(n_features, n_hidden), nn.ReLU())
        self.head = nn.Linear(n_hidden, 1)

    def forward(self, x):
        return self.head(self.body(x)).squeeze(1)


def train_one_epoch(model, loader, criterion, optimizer):
    model.train()
    running = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        running += loss.item() * len(y)
    return running / len(loader.dataset)


@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    truth, guess = [], []
    for x, y in loader:
        truth += y.tolist()
        guess += (torch.sigmoid(model(x)) > 0.5).float().tolist()
    return balanced_accuracy_score(truth, guess)


def main():
    set_seed(int(os.environ.get("SEED", 0)))
    train, test = get_data()
    model = Classifier()
    criterion = nn.BCEWithLogitsLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=15, gamma=0.3)
    for epoch in range(40):
        loss = train_one_epoch(model, train, criterion, optimizer)
        scheduler.step()
        if epoch % 5 == 4:
            print(f"[{epoch + 1}] loss={loss:.4f} balanced accuracy={evaluate(model, test):.4f}")
    print("score", evaluate(model, test))


if __name__ == "__main__":
    main()
