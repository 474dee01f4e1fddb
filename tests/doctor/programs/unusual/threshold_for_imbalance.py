import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score, precision_recall_curve
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
y = (y == 4).astype("float32")
X_rest, X_test, y_rest, y_test = train_test_split(X / 16, y, test_size=0.4, stratify=y, random_state=2)
X_train, X_val, y_train, y_val = train_test_split(X_rest, y_rest, test_size=0.4, stratify=y_rest, random_state=2)
few = np.flatnonzero(y_train)[::3]
X_train, y_train = np.delete(X_train, few, 0), np.delete(y_train, few)

loader = DataLoader(
    TensorDataset(torch.tensor(X_train).float(), torch.tensor(y_train)), batch_size=32, shuffle=True
)
model = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 1), nn.Flatten(0))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(60):
    model.train()
    for xb, yb in loader:
        optimizer.zero_grad()
        criterion(model(xb), yb).backward()
        optimizer.step()


def probabilities(x):
    model.eval()
    with torch.no_grad():
        return model(torch.tensor(x).float()).sigmoid().numpy()


precision, recall, thresholds = precision_recall_curve(y_val, probabilities(X_val))
f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
threshold = thresholds[f1[:-1].argmax()]
print(f"threshold {threshold:.3f}, validation F1 {f1.max():.3f}")
print("score", f1_score(y_test, probabilities(X_test) >= threshold))
