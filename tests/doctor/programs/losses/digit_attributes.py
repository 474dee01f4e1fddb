# Multi-label: attributes of handwritten digits (even, prime, has a closed loop, at least five, has a straight stroke)
import os

import torch
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

ATTRIBUTES = {
    "even": {0, 2, 4, 6, 8},
    "prime": {2, 3, 5, 7},
    "loop": {0, 6, 8, 9},
    "large": {5, 6, 7, 8, 9},
    "straight": {1, 4, 5, 7},
}


class Trainer:
    def __init__(self, model, optimizer, loss, epochs):
        self.model = model
        self.optimizer = optimizer
        self.loss = loss
        self.epochs = epochs
        self.history = []

    def training_step(self, batch):
        x, y = batch
        logits = self.model(x)
        return self.loss(logits, y)

    def fit(self, train, valid):
        for epoch in range(self.epochs):
            self.model.train()
            for batch in train:
                loss = self.training_step(batch)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
            self.history.append(self.score(valid))
            print(f"epoch {epoch}: macro F1 {self.history[-1]:.4f}")

    @torch.no_grad()
    def score(self, loader):
        self.model.eval()
        outputs = [(torch.sigmoid(self.model(x)) > 0.5, y) for x, y in loader]
        predicted = torch.cat([o for o, _ in outputs]).int().numpy()
        actual = torch.cat([y for _, y in outputs]).int().numpy()
        return f1_score(actual, predicted, average="macro", zero_division=0)


if __name__ == "__main__":
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    X, digit = load_digits(return_X_y=True)
    Y = [[float(d in members) for members in ATTRIBUTES.values()] for d in digit]
    X = torch.tensor(X, dtype=torch.float32) / 16
    Y = torch.tensor(Y)
    X_train, X_valid, Y_train, Y_valid = train_test_split(X, Y, test_size=0.3, random_state=3)
    train = DataLoader(TensorDataset(X_train, Y_train), batch_size=32, shuffle=True)
    valid = DataLoader(TensorDataset(X_valid, Y_valid), batch_size=128)

    model = nn.Sequential(nn.Linear(64, 64), nn.GELU(), nn.Linear(64, len(ATTRIBUTES)))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
    loss = nn.BCEWithLogitsLoss()
    trainer = Trainer(model, optimizer, loss, epochs=20)
    trainer.fit(train, valid)
    print("score", trainer.score(valid))
