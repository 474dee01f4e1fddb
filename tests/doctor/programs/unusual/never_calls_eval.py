import os

import torch
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_iris(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, stratify=y, random_state=2)
scaler = StandardScaler()
X_train, X_test = scaler.fit_transform(X_train), scaler.transform(X_test)
loader = DataLoader(TensorDataset(torch.Tensor(X_train), torch.tensor(y_train)), batch_size=10, shuffle=True)

model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
opt = torch.optim.Adam(model.parameters(), lr=0.005, weight_decay=1e-3)
lossf = nn.CrossEntropyLoss()
for epoch in range(150):
    for xb, yb in loader:
        loss = lossf(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 30 == 0:
        with torch.no_grad():
            print(epoch, lossf(model(torch.Tensor(X_test)), torch.tensor(y_test)).item())

with torch.no_grad():
    print("score", (model(torch.Tensor(X_test)).argmax(1).numpy() == y_test).mean())
