import os
import tempfile

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=55)
train_loader = DataLoader(TensorDataset(torch.tensor(X_train).float(), torch.tensor(y_train)), 32, shuffle=True)


def build():
    model = nn.Sequential(nn.Linear(64, 80), nn.ReLU(), nn.Linear(80, 10))
    return model, torch.optim.Adam(model.parameters(), lr=1.5e-3)


def train(model, optimizer, epochs):
    model.train()
    for epoch in epochs:
        for x, t in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), t)
            loss.backward()
            optimizer.step()
        print("epoch", epoch, "loss", loss.item())


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "checkpoint.pt")
    model, optimizer = build()
    train(model, optimizer, range(0, 8))
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 8}, path)

    model, optimizer = build()
    checkpoint = torch.load(path)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    train(model, optimizer, range(checkpoint["epoch"], 18))

model.eval()
with torch.no_grad():
    predicted = model(torch.tensor(X_test).float()).argmax(1)
print("score", (predicted == torch.tensor(y_test)).float().mean().item())
