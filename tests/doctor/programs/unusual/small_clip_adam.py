import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn.utils import clip_grad_norm_
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
MAX_NORM = 0.01

X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X / 16, y, test_size=0.2, stratify=y, random_state=21)
train = TensorDataset(torch.tensor(X_train).float(), torch.tensor(y_train))
val = TensorDataset(torch.tensor(X_val).float(), torch.tensor(y_val))
train_loader = DataLoader(train, batch_size=256, shuffle=True)
val_loader = DataLoader(val, batch_size=128)

model = nn.Sequential(nn.Linear(64, 128), nn.GELU(), nn.Linear(128, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
loss_fn = nn.CrossEntropyLoss()

for epoch in range(60):
    model.train()
    norms = []
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss_fn(model(xb), yb).backward()
        norms.append(clip_grad_norm_(model.parameters(), MAX_NORM).item())
        optimizer.step()
    model.eval()
    right = 0
    with torch.no_grad():
        for xb, yb in val_loader:
            right += (model(xb).argmax(1) == yb).sum().item()
    print(f"epoch {epoch}: gradient norm {sum(norms) / len(norms):.3f}, accuracy {right / len(val):.4f}")
print("score", right / len(val))
