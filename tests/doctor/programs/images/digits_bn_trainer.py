import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Trainer:
    def __init__(self, model, train_set, test_set, lr=0.05, batch_size=32):
        self.model = model
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        self.train_loader = DataLoader(train_set, batch_size=batch_size, shuffle=True, drop_last=True)
        self.test_set = test_set

    def batches(self):
        while True:
            yield from self.train_loader

    def fit(self, steps, log_every=86):
        self.model.train()
        losses = []
        for step, (images, targets) in zip(range(1, steps + 1), self.batches()):
            losses.append(self.train_step(images, targets))
            if step % log_every == 0:
                print(f"step {step:4d}  loss {np.mean(losses[-log_every:]):.4f}")

    def train_step(self, images, targets):
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(images), targets)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def test(self):
        """Share of images named rightly, one at a time as they come in."""
        self.model.eval()
        hits = [self.model(image[None]).argmax() == target for image, target in self.test_set]
        return torch.stack(hits).float().mean().item()


def block(inputs, outputs, dropout=0.1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout2d(dropout),
    )


def build_model():
    return nn.Sequential(
        block(1, 16),
        block(16, 32),
        block(32, 64),
        nn.Flatten(),
        nn.Linear(64, 10),
    )


def main():
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    X, y = load_digits(return_X_y=True)
    X = torch.tensor(X.reshape(-1, 1, 8, 8), dtype=torch.float32)
    data = TensorDataset(X, torch.tensor(y))
    train_set, test_set = random_split(data, [1397, 400], torch.Generator().manual_seed(0))
    trainer = Trainer(build_model(), train_set, test_set)
    trainer.fit(steps=430)
    print("score", trainer.test())


if __name__ == "__main__":
    main()
