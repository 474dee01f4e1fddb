import os

import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class SwishFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return grad_output * (s + x * s * (1 - s))


class Swish(nn.Module):
    def forward(self, x):
        return SwishFunction.apply(x)


torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
scaler = StandardScaler().fit(X_train)
train = TensorDataset(torch.tensor(scaler.transform(X_train)).float(), torch.tensor(y_train))
X_test, y_test = torch.tensor(scaler.transform(X_test)).float(), torch.tensor(y_test)

model = nn.Sequential(nn.Linear(13, 32), Swish(), nn.Linear(32, 32), Swish(), nn.Linear(32, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-3)
for epoch in range(60):
    model.train()
    for xb, yb in DataLoader(train, batch_size=16, shuffle=True):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
    if epoch % 15 == 14:
        print("epoch", epoch + 1, "loss", loss.item())

model.eval()
with torch.no_grad():
    print("score", (model(X_test).argmax(1) == y_test).float().mean().item())
