import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=5)
votes = np.zeros((len(y_train), 10), dtype=np.float32)
for _ in range(7):
    careless = rng.random(len(y_train)) < 0.25
    said = np.where(careless, rng.integers(0, 10, len(y_train)), y_train)
    votes[np.arange(len(y_train)), said] += 1
soft = torch.tensor(votes / 7)
X_train, X_test = torch.tensor(X_train, dtype=torch.float32), torch.tensor(X_test, dtype=torch.float32)

model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
for epoch in range(15):
    total = 0.0
    for rows in torch.randperm(len(X_train)).split(32):
        loss = F.cross_entropy(model(X_train[rows]), soft[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    print(f"epoch {epoch}: loss {total / len(X_train):.3f}")

with torch.no_grad():
    hits = (model(X_test).argmax(1).numpy() == y_test).mean()
print("score", hits)
