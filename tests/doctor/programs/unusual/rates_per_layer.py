import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=20)
loader = DataLoader(TensorDataset(torch.Tensor(X_train), torch.tensor(y_train)), batch_size=32, shuffle=True)

model = nn.Sequential()
model.add_module("bottom", nn.Linear(64, 128))
model.add_module("act1", nn.SiLU())
model.add_module("middle", nn.Linear(128, 64))
model.add_module("act2", nn.SiLU())
model.add_module("top", nn.Linear(64, 10))
optimizer = torch.optim.Adam(
    [
        {"params": model.bottom.parameters(), "lr": 2e-4},
        {"params": model.middle.parameters(), "lr": 2e-3},
        {"params": model.top.parameters(), "lr": 2e-2},
    ]
)
criterion = nn.CrossEntropyLoss()
for epoch in range(25):
    model.train()
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
    if epoch % 5 == 4:
        print("epoch", epoch + 1, "loss", loss.item())
model.eval()
with torch.no_grad():
    print("score", (model(torch.Tensor(X_test)).argmax(1) == torch.tensor(y_test)).float().mean().item())
