import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=60)
ds = TensorDataset(torch.tensor(X_train, dtype=torch.float32), torch.tensor(y_train))
X_test = torch.tensor(X_test, dtype=torch.float32)
y_test = torch.tensor(y_test)


class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(64, 50)
        self.b = nn.Linear(50, 10)

    def forward(self, x):
        return self.b(torch.sigmoid(self.a(x - 0.3) * 2))


net = Perceptron()
opt = torch.optim.SGD(net.parameters(), lr=0.3)
losses = []
for epoch in range(40):
    for xb, yb in DataLoader(ds, batch_size=20, shuffle=True):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(xb), yb)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    if epoch % 8 == 7:
        print(epoch + 1, sum(losses[-50:]) / 50)

with torch.no_grad():
    print("score", (net(X_test).argmax(1) == y_test).float().mean().item())
