import os

import numpy as np
import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
X, y = load_wine(return_X_y=True)
accuracies = []
for fold, (train, val) in enumerate(StratifiedKFold(5, shuffle=True, random_state=seed).split(X, y)):
    scaler = StandardScaler().fit(X[train])
    x_train = torch.tensor(scaler.transform(X[train]), dtype=torch.float32)
    x_val = torch.tensor(scaler.transform(X[val]), dtype=torch.float32)
    y_train, y_val = torch.tensor(y[train]), torch.tensor(y[val])
    loader = DataLoader(TensorDataset(x_train, y_train), batch_size=16, shuffle=True)
    net = nn.Sequential(nn.Linear(13, 20), nn.ReLU(), nn.Linear(20, 3))
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3, weight_decay=1e-3)
    for epoch in range(40):
        net.train()
        for xb, yb in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(xb), yb).backward()
            optimizer.step()
    net.eval()
    with torch.no_grad():
        accuracy = (net(x_val).argmax(1) == y_val).float().mean().item()
    print(f"fold {fold}: {accuracy:.4f}")
    accuracies.append(accuracy)
print("score", np.mean(accuracies))
