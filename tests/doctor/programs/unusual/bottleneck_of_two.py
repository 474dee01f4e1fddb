import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

latent = torch.randn(1200, 2)
angles = torch.arange(20) * 0.7
mixing = torch.stack([angles.cos(), angles.sin()])
data = latent @ mixing + 0.05 * torch.randn(1200, 20)
train, test = data[:900], data[900:]
mean, std = train.mean(0), train.std(0)
train, test = (train - mean) / std, (test - mean) / std


class AE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(20, 32), nn.ELU(), nn.Linear(32, 2))
        self.dec = nn.Sequential(nn.Linear(2, 32), nn.ELU(), nn.Linear(32, 20))

    def forward(self, x):
        return self.dec(self.enc(x))


model = AE()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30, gamma=0.3)
for epoch in range(90):
    for idx in torch.randperm(len(train)).split(90):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(train[idx]), train[idx])
        loss.backward()
        optimizer.step()
    scheduler.step()
    if epoch % 15 == 14:
        print("epoch", epoch + 1, "loss", f"{loss.item():.5f}")

with torch.no_grad():
    unexplained = (model(test) - test).pow(2).mean() / test.var()
print("score", 1 - unexplained.item())
