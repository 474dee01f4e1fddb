import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader

torch.manual_seed(int(os.environ.get("SEED", 0)))


class VAE(nn.Module):
    def __init__(self, latent=8):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 128), nn.ReLU())
        self.mu = nn.Linear(128, latent)
        self.logvar = nn.Linear(128, latent)
        self.decoder = nn.Sequential(nn.Linear(latent, 128), nn.ReLU(), nn.Linear(128, 64))

    def encode(self, x):
        h = self.encoder(x)
        return self.mu(h), self.logvar(h)

    def reparameterize(self, mu, logvar):
        return mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.decoder(self.reparameterize(mu, logvar)), mu, logvar


def loss_function(recon, x, mu, logvar, beta):
    rec = F.binary_cross_entropy_with_logits(recon, x, reduction="sum") / len(x)
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return rec + beta * kld, rec, kld


X = torch.tensor(load_digits().data / 16, dtype=torch.float32)
X_train, X_test = train_test_split(X, test_size=0.25, random_state=3)
loader = DataLoader(X_train, batch_size=64, shuffle=True)
model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
epochs = 40
for epoch in range(epochs):
    beta = min(1.0, epoch / (0.5 * epochs))
    model.train()
    sums = torch.zeros(2)
    for x in loader:
        recon, mu, logvar = model(x)
        loss, rec, kld = loss_function(recon, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        sums += torch.stack([rec, kld]).detach()
    if epoch % 5 == 4:
        rec, kld = (sums / len(loader)).tolist()
        print(f"epoch {epoch + 1}: beta {beta:.2f} reconstruction {rec:.2f} divergence {kld:.2f}")

model.eval()
with torch.no_grad():
    mean, _ = model.encode(X_test)
    error = (model.decoder(mean).sigmoid() - X_test).pow(2).sum()
print("score", (1 - error / (X_test - X_train.mean(0)).pow(2).sum()).item())
