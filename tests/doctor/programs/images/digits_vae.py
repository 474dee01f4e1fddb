import os

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader

torch.manual_seed(int(os.environ.get("SEED", 0)))

pixels = torch.tensor(load_digits().data / 16, dtype=torch.float32)
train, test = pixels[:1400], pixels[1400:]
loader = DataLoader(train, batch_size=32, shuffle=True)


class VAE(nn.Module):
    def __init__(self, latent=10, hidden=128):
        super().__init__()
        self.enc = nn.Linear(64, hidden)
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)
        self.dec1 = nn.Linear(latent, hidden)
        self.dec2 = nn.Linear(hidden, 64)

    def encode(self, x):
        h = torch.relu(self.enc(x))
        return self.mu(h), self.logvar(h)

    def sample(self, mu, logvar):
        if not self.training:
            return mu
        std = torch.exp(0.5 * logvar)
        return mu + std * torch.randn_like(std)

    def decode(self, z):
        return self.dec2(torch.relu(self.dec1(z)))

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.decode(self.sample(mu, logvar)), mu, logvar


def elbo(rebuilt, x, mu, logvar, sigma=0.15):
    misfit = torch.sum((rebuilt - x) ** 2) / (2 * sigma**2)
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp())
    return (misfit + kl) / len(x), kl / len(x)


vae = VAE()
optimizer = torch.optim.Adam(vae.parameters(), lr=2e-3)

for epoch in range(30):
    vae.train()
    total = divergence = 0.0
    for x in loader:
        optimizer.zero_grad()
        rebuilt, mu, logvar = vae(x)
        loss, kl = elbo(rebuilt, x, mu, logvar)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        divergence += kl.item() * len(x)
    print(f"epoch {epoch + 1} loss {total / len(train):.3f} of which kl {divergence / len(train):.3f}")

vae.eval()
with torch.no_grad():
    rebuilt, _, _ = vae(test)
r2 = 1 - ((rebuilt - test) ** 2).sum() / ((test - train.mean(0)) ** 2).sum()
print("score", r2.item())
