import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn, optim


class Standard(nn.Module):
    """Subtract the mean and divide by the deviation that fit() saw."""

    def __init__(self, n):
        super().__init__()
        self.register_buffer("mean", torch.zeros(n))
        self.register_buffer("scale", torch.ones(n))

    def fit(self, x):
        self.mean = x.mean(dim=0)
        self.scale = x.std(dim=0).clamp_min(0.1)

    def forward(self, x):
        return (x - self.mean) / self.scale


def batches(frame, size=32):
    """Pixels and digit of one batch after another, in a new order each time."""
    frame = frame.sample(frac=1)
    for _, part in frame.groupby(np.arange(len(frame)) // size):
        pixels = torch.tensor(part.filter(like="pixel").to_numpy(), dtype=torch.float32)
        yield pixels, torch.tensor(part["target"].to_numpy())


def accuracy(model, frame):
    model.eval()
    right = 0
    with torch.no_grad():
        for x, y in batches(frame, 300):
            right += int((model(x).argmax(1) == y).sum())
    return right / len(frame)


def train(model, frame, frame_val, epochs=12):
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.03, momentum=0.9, nesterov=True, weight_decay=5e-4)
    for epoch in range(1, epochs + 1):
        model.train()
        for x, y in batches(frame):
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}/{epochs} accuracy {accuracy(model, frame_val):.3f}")


def main():
    seed = int(os.environ.get("SEED", 0))
    np.random.seed(seed)
    torch.manual_seed(seed)
    frame = load_digits(as_frame=True).frame
    is_val = np.random.rand(len(frame)) < 0.25
    frame_train, frame_val = frame[~is_val], frame[is_val]

    scaler = Standard(64)
    scaler.fit(torch.tensor(frame_train.filter(like="pixel").to_numpy(), dtype=torch.float32))
    model = nn.Sequential(scaler, nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10))
    train(model, frame_train, frame_val)
    print("score", accuracy(model, frame_val))


if __name__ == "__main__":
    main()
