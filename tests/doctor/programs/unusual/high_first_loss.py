import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, _ = load_digits(return_X_y=True)
X_train, X_test = train_test_split(torch.tensor(X, dtype=torch.float32), test_size=0.25, random_state=0)
loader = DataLoader(X_train, batch_size=64, shuffle=True)


class AutoEncoder(nn.Module):
    def __init__(self, code=12):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, code))
        self.decoder = nn.Sequential(nn.Linear(code, 96), nn.ReLU(), nn.Linear(96, 64))

    def forward(self, x):
        return 16 * self.decoder(self.encoder(x / 16))


model = AutoEncoder()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(40):
    model.train()
    total = 0.0
    for batch in loader:
        loss = (model(batch) - batch).pow(2).sum(dim=1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    if epoch % 5 == 0:
        print(f"epoch {epoch}: {total / len(X_train):.1f}")

model.eval()
with torch.no_grad():
    residual = (model(X_test) - X_test).pow(2).sum()
    r2 = 1 - residual / (X_test - X_train.mean(0)).pow(2).sum()
print("score", r2.item())
