import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, y = load_digits(return_X_y=True)
y = (y == 5).astype(int)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.4, stratify=y, random_state=0)
rare = np.flatnonzero(y_train)
keep = np.sort(np.concatenate([np.flatnonzero(y_train == 0), rare[: len(rare) // 2]]))
X_train, y_train = X_train[keep], y_train[keep]
counts = np.bincount(y_train)
print("class counts", counts)

weights = torch.tensor(len(y_train) / (2 * counts), dtype=torch.float32)
loader = DataLoader(
    TensorDataset(torch.tensor(X_train, dtype=torch.float32), torch.tensor(y_train)),
    batch_size=64,
    shuffle=True,
)
net = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 2))
criterion = nn.CrossEntropyLoss(weight=weights)
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3, weight_decay=1e-4)

for epoch in range(50):
    net.train()
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(net(xb), yb)
        loss.backward()
        optimizer.step()

net.eval()
with torch.no_grad():
    predicted = net(torch.tensor(X_test, dtype=torch.float32)).argmax(1).numpy()
print("score", balanced_accuracy_score(y_test, predicted))
