import os

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_sample_image
from torch import nn
from torch.utils.data import DataLoader

rng = np.random.default_rng(int(os.environ.get("SEED", 0)))
torch.manual_seed(int(os.environ.get("SEED", 0)))

NOISE = 0.15
SIZE = 16


def crops(image, count, rng):
    """Random square crops as a list of arrays (3, SIZE, SIZE) in 0..1."""
    tops = rng.integers(0, image.shape[0] - SIZE, count)
    lefts = rng.integers(0, image.shape[1] - SIZE, count)
    return [image[t : t + SIZE, l : l + SIZE].transpose(2, 0, 1) for t, l in zip(tops, lefts)]


flower = load_sample_image("flower.jpg").astype(np.float32) / 255
china = load_sample_image("china.jpg").astype(np.float32) / 255
train_crops = crops(flower[:, :400], 400, rng) + crops(china[:, :400], 400, rng)
held_out = np.random.default_rng(99)
test_crops = crops(flower[:, 400:], 100, held_out) + crops(china[:, 400:], 100, held_out)


def collate(items):
    clean = torch.from_numpy(np.stack(items))
    noisy = clean + NOISE * torch.randn_like(clean)
    return noisy, clean


loader = DataLoader(train_crops, batch_size=16, shuffle=True, collate_fn=collate)


class Denoiser(nn.Module):
    """Says what to take away from the picture."""

    def __init__(self, channels=24):
        super().__init__()
        self.first = nn.Conv2d(3, channels, 3, padding=1)
        self.middle = nn.Conv2d(channels, channels, 3, padding=1)
        self.last = nn.Conv2d(channels, 3, 3, padding=1)

    def noise(self, x):
        h = F.relu(self.first(x))
        h = F.relu(self.middle(h))
        return self.last(h)

    def forward(self, x):
        return x - self.noise(x)


net = Denoiser()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)

for epoch in range(8):
    net.train()
    losses = []
    for noisy, clean in loader:
        loss = F.mse_loss(net(noisy), clean)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch} mse {np.mean(losses):.5f}")

net.eval()
clean = torch.from_numpy(np.stack(test_crops))
noisy = clean + NOISE * torch.randn(clean.shape, generator=torch.Generator().manual_seed(5))
with torch.no_grad():
    restored = net(noisy)
before, after = F.mse_loss(noisy, clean), F.mse_loss(restored, clean)
print(f"psnr {-10 * before.log10():.2f} dB before, {-10 * after.log10():.2f} dB after")
print("score", (10 * torch.log10(before / after)).item())
