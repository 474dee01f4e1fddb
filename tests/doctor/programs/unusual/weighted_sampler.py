import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=5)
keep = np.concatenate([np.flatnonzero(y_train == d)[: 130 if d % 2 else 40] for d in range(10)])
X_train, y_train = X_train[keep], y_train[keep]
counts = np.bincount(y_train)
print("counts", counts.tolist())

sampler = WeightedRandomSampler((1.0 / counts)[y_train], num_samples=1500, replacement=True)
dataset = TensorDataset(torch.tensor(X_train, dtype=torch.float32), torch.tensor(y_train))
loader = DataLoader(dataset, batch_size=50, sampler=sampler)

net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(20):
    net.train()
    for x, t in loader:
        optimizer.zero_grad()
        loss = criterion(net(x), t)
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", loss.item())

net.eval()
with torch.no_grad():
    predicted = net(torch.tensor(X_test, dtype=torch.float32)).argmax(1).numpy()
recalls = [(predicted[y_test == d] == d).mean() for d in range(10)]
print("score", np.mean(recalls))
