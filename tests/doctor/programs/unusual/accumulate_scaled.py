import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
ACCUMULATE = 4

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, random_state=12, stratify=y)
X_train, X_test = torch.Tensor(X_train), torch.Tensor(X_test)
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)
loader = DataLoader(TensorDataset(X_train, y_train), batch_size=8, shuffle=True, drop_last=True)

model = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

optimizer.zero_grad()
for epoch in range(15):
    model.train()
    epoch_loss = 0.0
    for i, (xb, yb) in enumerate(loader, start=1):
        loss = criterion(model(xb), yb) / ACCUMULATE
        loss.backward()
        epoch_loss += loss.item() * ACCUMULATE
        if i % ACCUMULATE == 0:
            optimizer.step()
            optimizer.zero_grad()
    print(f"epoch {epoch}: {epoch_loss / len(loader):.4f}")

model.eval()
with torch.no_grad():
    test_accuracy = (model(X_test).argmax(1) == y_test).float().mean().item()
print("score", test_accuracy)
