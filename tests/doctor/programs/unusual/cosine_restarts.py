import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=80)
loader = DataLoader(TensorDataset(torch.Tensor(X_train), torch.tensor(y_train)), batch_size=32, shuffle=True)
X_test, y_test = torch.Tensor(X_test), torch.tensor(y_test)

model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
scheduler = CosineAnnealingWarmRestarts(optimizer, T_0=7, eta_min=1e-4)
loss_fn = nn.CrossEntropyLoss()

for epoch in range(21):
    model.train()
    total = 0.0
    for i, (xb, yb) in enumerate(loader):
        optimizer.zero_grad()
        loss = loss_fn(model(xb), yb)
        loss.backward()
        optimizer.step()
        scheduler.step(epoch + i / len(loader))
        total += loss.item()
    model.eval()
    with torch.no_grad():
        acc = (model(X_test).argmax(1) == y_test).float().mean().item()
    print(f"epoch {epoch} lr {optimizer.param_groups[0]['lr']:.4f} loss {total / len(loader):.4f} acc {acc:.4f}")
print("score", acc)
