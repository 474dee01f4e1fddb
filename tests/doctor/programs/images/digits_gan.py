import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

torch.manual_seed(int(os.environ.get("SEED", 0)))

Z, BATCH, STEPS = 16, 64, 1000

digits = load_digits()
real_images = torch.tensor(digits.data / 8 - 1, dtype=torch.float32)
real_labels = torch.tensor(digits.target)
judge = KNeighborsClassifier(5).fit(real_images.numpy(), digits.target)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(Z + 10, 128),
            nn.BatchNorm1d(128),
            nn.ReLU(),
            nn.Linear(128, 128),
            nn.BatchNorm1d(128),
            nn.ReLU(),
        )
        self.out = nn.Linear(128, 64)

    def forward(self, z, label):
        h = self.net(torch.cat([z, F.one_hot(label, 10).float()], dim=1))
        return torch.tanh(self.out(h))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(64, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128), nn.LeakyReLU(0.2), nn.Linear(128, 10)
        )

    def forward(self, x, label):
        return self.net(x).gather(1, label.unsqueeze(1)).squeeze(1)


G, D = Generator(), Discriminator()
opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.99))
opt_d = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.99))
bce = nn.BCEWithLogitsLoss()
ones, zeros = torch.ones(BATCH), torch.zeros(BATCH)

for step in range(STEPS):
    rows = torch.randint(len(real_images), (BATCH,))
    x, label = real_images[rows], real_labels[rows]
    fake = G(torch.randn(BATCH, Z), label)

    loss_d = bce(D(x, label), ones * 0.9) + bce(D(fake.detach(), label), zeros)
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()

    loss_g = bce(D(fake, label), ones)
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()

    if step % 200 == 0:
        print(f"step {step} D {loss_d.item():.3f} G {loss_g.item():.3f}")

G.eval()
asked = torch.arange(10).repeat(50)
with torch.no_grad():
    made = G(torch.randn(500, Z), asked)
recognised = (judge.predict(made.numpy()) == asked.numpy()).mean()
spread = made.view(50, 10, 64).std(0).mean().item() / torch.stack(
    [real_images[real_labels == k].std(0) for k in range(10)]
).mean().item()
print(f"recognised {recognised:.3f}, spread within a digit {spread:.2f} of the real one")
print("score", recognised)
