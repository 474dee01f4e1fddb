import os

import torch
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler
from torch import nn
from torch.nn.functional import cross_entropy

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, y = load_iris(return_X_y=True)
X_tr, X_te, y_tr, y_te = train_test_split(X, y, test_size=60, stratify=y, random_state=0)
scaler = MinMaxScaler((-1, 1)).fit(X_tr)
X_tr = torch.from_numpy(scaler.transform(X_tr)).float()
X_te = torch.from_numpy(scaler.transform(X_te)).float()
y_tr, y_te = torch.from_numpy(y_tr), torch.from_numpy(y_te)

model = nn.Linear(4, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=5.0, weight_decay=1e-4)

for step in range(4001):
    optimizer.zero_grad()
    loss = cross_entropy(model(X_tr), y_tr)
    loss.backward()
    optimizer.step()
    if step % 500 == 0:
        print(step, "loss", round(loss.item(), 4))

with torch.no_grad():
    hits = model(X_te).argmax(dim=1).eq(y_te).sum().item()
print("correct", hits, "of", len(y_te))
print("score", hits / len(y_te))
