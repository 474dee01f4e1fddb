import copy
import os

import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class EarlyStopping:
    def __init__(self, patience):
        self.patience, self.best, self.state, self.waited = patience, float("inf"), None, 0

    def __call__(self, loss, model):
        if loss < self.best:
            self.best, self.waited, self.state = loss, 0, copy.deepcopy(model.state_dict())
        else:
            self.waited += 1
        return self.waited >= self.patience


torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_breast_cancer(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, test_size=0.25, stratify=y, random_state=6)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, stratify=y, random_state=6)
scaler = StandardScaler().fit(X_train)
X_train, X_val, X_test = (torch.tensor(scaler.transform(a)).float() for a in (X_train, X_val, X_test))
y_train, y_val, y_test = (torch.tensor(a).float()[:, None] for a in (y_train, y_val, y_test))
loader = DataLoader(TensorDataset(X_train, y_train), batch_size=16, shuffle=True)

model = nn.Sequential(nn.Linear(30, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 1))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
stopper = EarlyStopping(patience=20)
for epoch in range(200):
    model.train()
    for xb, yb in loader:
        optimizer.zero_grad()
        criterion(model(xb), yb).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        val_loss = criterion(model(X_val), y_val).item()
    if stopper(val_loss, model):
        print("stopped after epoch", epoch, "best validation loss", stopper.best)
        break

model.load_state_dict(stopper.state)
model.eval()
with torch.no_grad():
    print("score", ((model(X_test) > 0).float() == y_test).float().mean().item())
