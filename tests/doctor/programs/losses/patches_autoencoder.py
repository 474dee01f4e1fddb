import argparse
import os

import torch
from sklearn.datasets import load_sample_image
from torch import nn

p = argparse.ArgumentParser(description="Autoencoder of grey 8x8 patches of a photograph")
p.add_argument("--code", type=int, default=16)
p.add_argument("--hidden", type=int, default=128)
p.add_argument("--epochs", type=int, default=25)
p.add_argument("--lr", type=float, default=2e-3)
opt = p.parse_args()

torch.manual_seed(int(os.environ.get("SEED", 0)))

photo = load_sample_image("china.jpg").mean(axis=2) / 255.0
photo = torch.tensor(photo[:424], dtype=torch.float32)
tiles = photo.reshape(53, 8, 80, 8).transpose(1, 2).reshape(-1, 64)
tiles = tiles[torch.randperm(len(tiles))]
train, test = tiles[:3400], tiles[3400:]


class Autoencoder(nn.Module):
    def __init__(self, hidden, code):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, code))
        self.decoder = nn.Sequential(nn.Linear(code, hidden), nn.ReLU(), nn.Linear(hidden, 64))

    def encode(self, x):
        return self.encoder(2 * x - 1)

    def decode(self, z):
        return torch.sigmoid(self.decoder(z))

    def forward(self, x):
        return self.decode(self.encode(x))


def reconstruction_loss(x, x_hat):
    return (x - x_hat).square().sum(dim=1).mean()


model = Autoencoder(opt.hidden, opt.code)
optimizer = torch.optim.Adam(model.parameters(), lr=opt.lr)
for epoch in range(opt.epochs):
    model.train()
    seen = 0.0
    for x in train[torch.randperm(len(train))].split(100):
        optimizer.zero_grad()
        loss = reconstruction_loss(x, model(x))
        loss.backward()
        optimizer.step()
        seen += loss.item() * len(x)
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1:2d}  squared error per patch {seen / len(train):.4f}")

model.eval()
with torch.no_grad():
    error = reconstruction_loss(test, model(test))
    spread = reconstruction_loss(test, test.mean(0).expand_as(test))
print("score", (1 - error / spread).item())
