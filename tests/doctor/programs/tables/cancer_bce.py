"""Malignant or benign, from thirty measurements of cell nuclei."""

import os

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

frame = load_breast_cancer(as_frame=True).frame
frame["malignant"] = 1 - frame.pop("target")
target = frame["malignant"]
features = frame.drop(columns=["malignant"])

labels = target.to_numpy(dtype=np.float32)
train_rows, val_rows = train_test_split(np.arange(len(frame)), test_size=0.3, random_state=3, stratify=labels)

table = features.to_numpy()
scaler = StandardScaler().fit(table[train_rows])
X_train = scaler.transform(table[train_rows]).astype(np.float32)
X_val = scaler.transform(table[val_rows]).astype(np.float32)
y_train = torch.from_numpy(labels[train_rows]).unsqueeze(1)
y_val = torch.from_numpy(labels[val_rows]).unsqueeze(1)

train_loader = DataLoader(TensorDataset(torch.from_numpy(X_train), y_train), batch_size=16, shuffle=True)
val_loader = DataLoader(TensorDataset(torch.from_numpy(X_val), y_val), batch_size=64)

model = nn.Sequential(
    nn.Linear(X_train.shape[1], 24),
    nn.ReLU(),
    nn.Linear(24, 1),
)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-3)

for epoch in range(20):
    model.train()
    running = 0.0
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        running += loss.item() * len(xb)

    model.eval()
    hits, seen, val_loss = 0, 0, 0.0
    with torch.no_grad():
        for xb, yb in val_loader:
            logits = model(xb)
            val_loss += criterion(logits, yb).item() * len(xb)
            predicted = (logits > 0).float()
            hits += (predicted == yb).sum().item()
            seen += len(xb)
    print(f"{epoch:3d}  train {running / len(X_train):.4f}  val {val_loss / seen:.4f}  acc {hits / seen:.4f}")

print("score", hits / seen)
