import os

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_breast_cancer(return_X_y=True)
turned = np.random.default_rng(0).random(len(y)) < 1 / 8
y = np.where(turned, 1 - y, y)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, stratify=y, random_state=0)
scaler = StandardScaler().fit(X_train)
train = TensorDataset(torch.tensor(scaler.transform(X_train)).float(), torch.tensor(y_train).float())
loader = DataLoader(train, batch_size=32, shuffle=True)
X_test, y_test = torch.tensor(scaler.transform(X_test)).float(), torch.tensor(y_test).float()

model = nn.Sequential(nn.Linear(30, 8), nn.Tanh(), nn.Dropout(0.2), nn.Linear(8, 1))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.5)
for epoch in range(50):
    model.train()
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb)[:, 0], yb)
        loss.backward()
        optimizer.step()
    if epoch % 10 == 9:
        model.eval()
        with torch.no_grad():
            logits = model(X_test)[:, 0]
            accuracy = ((logits > 0).float() == y_test).float().mean().item()
        print(f"epoch {epoch + 1}: test loss {criterion(logits, y_test).item():.3f} accuracy {accuracy:.3f}")
print("score", accuracy)
