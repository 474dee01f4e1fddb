import os

import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from torch import nn
from torch.optim.lr_scheduler import CyclicLR
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=5)
low, high = X_train.min(axis=0), X_train.max(axis=0)
X_train, X_test = ((a - low) / (high - low) * 2 - 1 for a in (X_train, X_test))
train = TensorDataset(torch.tensor(X_train).float(), torch.tensor(y_train).float())
loader = DataLoader(train, batch_size=20, shuffle=True)

model = nn.Sequential(nn.Linear(30, 32), nn.ReLU(), nn.Linear(32, 1))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.002, momentum=0.9, weight_decay=1e-3)
scheduler = CyclicLR(optimizer, base_lr=0.002, max_lr=0.2, step_size_up=100, cycle_momentum=False)

for epoch in range(50):
    model.train()
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb).squeeze(1), yb)
        loss.backward()
        optimizer.step()
        scheduler.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1} lr {scheduler.get_last_lr()[0]:.4f} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    predicted = model(torch.tensor(X_test).float()).squeeze(1) > 0
print("score", (predicted == torch.tensor(y_test).bool()).float().mean().item())
