import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Trainer:
    def __init__(self, model, lr=2e-3):
        self.model = model
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        self.criterion = nn.CrossEntropyLoss()

    def fit(self, train_loader, val_loader, epochs):
        for epoch in range(epochs):
            self.model.train()
            for x, y in train_loader:
                self.optimizer.zero_grad()
                self.criterion(self.model(x), y).backward()
                self.optimizer.step()
            print(
                f"epoch {epoch}: train {self.accuracy(train_loader):.4f} val {self.accuracy(val_loader):.4f}"
            )
        return self

    def accuracy(self, loader):
        self.model.eval()
        right = count = 0
        with torch.no_grad():
            for x, y in loader:
                right += (self.model(x).argmax(1) == y).sum().item()
                count += len(y)
        return right / count


if __name__ == "__main__":
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    X, y = load_digits(return_X_y=True)
    X_train, X_val, y_train, y_val = train_test_split(X / 16, y, test_size=0.3, stratify=y, random_state=33)
    train = TensorDataset(torch.tensor(X_train, dtype=torch.float32), torch.tensor(y_train))
    val = TensorDataset(torch.tensor(X_val, dtype=torch.float32), torch.tensor(y_val))
    net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))
    trainer = Trainer(net)
    train_loader = DataLoader(train, batch_size=32, shuffle=True)
    val_loader = DataLoader(val, batch_size=540)
    trainer.fit(train_loader, val_loader, epochs=16)
    print("score", trainer.accuracy(val_loader))
