import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


class TwoFaced(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 32), nn.ReLU())
        self.classifier = nn.Linear(32, 10)
        self.decoder = nn.Sequential(nn.Linear(32, 96), nn.ReLU(), nn.Linear(96, 64))

    def forward(self, x):
        z = self.encoder(x)
        return {"logits": self.classifier(z), "image": self.decoder(z)}


X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=7)
X_train, X_test = torch.tensor(X_train).float(), torch.tensor(X_test).float()
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)
loader = DataLoader(TensorDataset(X_train, y_train), batch_size=32, shuffle=True)

model = TwoFaced()
optimizer = torch.optim.Adam(model.parameters(), lr=1.5e-3)
for epoch in range(20):
    model.train()
    for x, t in loader:
        out = model(x)
        ce = F.cross_entropy(out["logits"], t)
        mse = F.mse_loss(out["image"], x)
        loss = ce + 0.5 * mse
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: ce {ce.item():.3f} mse {mse.item():.4f}")

model.eval()
with torch.no_grad():
    out = model(X_test)
print("rebuilt with error", F.mse_loss(out["image"], X_test).item())
print("score", (out["logits"].argmax(1) == y_test).float().mean().item())
