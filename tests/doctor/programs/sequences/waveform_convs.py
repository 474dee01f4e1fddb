"""Sine, square, triangle or sawtooth, in the counts of a converter: a deep stack of dilated convolutions."""
import math
import os

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(int(os.environ.get("SEED", 0)))


def record(n, length, generator):
    label = torch.randint(4, (n,), generator=generator)
    cycles = 2 + 3 * torch.rand(n, 1, generator=generator)
    phase = torch.rand(n, 1, generator=generator)
    t = (cycles * torch.arange(length) / length + phase) % 1.0
    shapes = torch.stack(
        [
            torch.sin(2 * math.pi * t),
            torch.where(t < 0.5, 1.0, -1.0),
            4 * (t - 0.5).abs() - 1,
            2 * t - 1,
        ]
    )
    wave = shapes[label, torch.arange(n)]
    volume = 250 + 150 * torch.rand(n, 1, generator=generator)
    noise = 30 * torch.randn(n, length, generator=generator)
    return (2048 + volume * wave + noise).round().unsqueeze(1), label


class WaveNet(nn.Module):
    def __init__(self, width=16, dilations=(1, 2, 4, 8, 4, 2, 1)):
        super().__init__()
        self.norm = nn.BatchNorm1d(1)
        layers = []
        channels = 1
        for d in dilations:
            layers += [nn.Conv1d(channels, width, 3, padding=d, dilation=d), nn.ReLU()]
            channels = width
        self.convs = nn.Sequential(*layers)
        self.head = nn.Linear(2 * width, 4)
        for m in self.convs:
            if isinstance(m, nn.Conv1d):
                nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
                nn.init.zeros_(m.bias)

    def pool(self, h):
        mean = h.mean(dim=2)
        spread = ((h - mean.unsqueeze(2)) ** 2).mean(dim=2)
        return torch.cat([mean, torch.sqrt(spread + 1e-5)], dim=1)

    def forward(self, x):
        return self.head(self.pool(self.convs(self.norm(x))))


waves, labels = record(1600, 64, torch.Generator().manual_seed(11))
train_set, val_set = random_split(TensorDataset(waves, labels), [1200, 400], torch.Generator().manual_seed(3))
train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
val_loader = DataLoader(val_set, batch_size=200)

model = WaveNet()
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=5, gamma=0.4)


def train():
    model.train()
    for x, y in train_loader:
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def evaluate():
    model.eval()
    correct = 0
    with torch.no_grad():
        for x, y in val_loader:
            correct += (model(x).argmax(1) == y).sum().item()
    return correct / len(val_set)


for epoch in range(12):
    last = train()
    scheduler.step()
    print(f"epoch {epoch + 1:2d}  loss {last:.3f}  val accuracy {evaluate():.3f}")

print("score", evaluate())
