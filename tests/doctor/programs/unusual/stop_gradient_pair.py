import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader

torch.manual_seed(int(os.environ.get("SEED", 0)))


class SimSiam(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, dim), nn.BatchNorm1d(dim)
        )
        self.predictor = nn.Sequential(nn.Linear(dim, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, dim))

    def forward(self, a, b):
        za, zb = self.encoder(a), self.encoder(b)
        pa, pb = self.predictor(za), self.predictor(zb)
        near = F.cosine_similarity(pa, zb.detach()).mean() + F.cosine_similarity(pb, za.detach()).mean()
        return -near / 2


def view(x):
    keep = (torch.rand_like(x) > 0.15).float()
    return x * keep + 0.1 * torch.randn_like(x)


X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.3, stratify=y, random_state=4)
X_train, X_test = torch.tensor(X_train).float(), torch.tensor(X_test).float()

model = SimSiam()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
loader = DataLoader(X_train, batch_size=128, shuffle=True, drop_last=True)
for epoch in range(60):
    model.train()
    for x in loader:
        loss = model(view(x), view(x))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1}: {loss.item():.4f}")

model.eval()
with torch.no_grad():
    train_codes, test_codes = model.encoder(X_train).numpy(), model.encoder(X_test).numpy()
probe = LogisticRegression(max_iter=2000).fit(train_codes, y_train)
print("score", probe.score(test_codes, y_test))
