import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X = torch.tensor(X, dtype=torch.float32) / 16
y = torch.tensor(y)
names = torch.arange(len(y)) % 5 < 3
parity = ~names

trunk = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU())


def fit(model, inputs, labels, params, epochs, lr):
    optimizer = torch.optim.Adam(params, lr=lr)
    model.train()
    for epoch in range(epochs):
        for rows in torch.randperm(len(inputs)).split(32):
            loss = nn.functional.cross_entropy(model(inputs[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % 5 == 4:
            print("epoch", epoch + 1, "loss", round(loss.item(), 4))


print("pretraining on the ten digits")
old = nn.Sequential(trunk, nn.Linear(64, 10))
fit(old, X[names], y[names], old.parameters(), epochs=15, lr=1e-3)

for parameter in trunk.parameters():
    parameter.requires_grad = False

print("a new head for odd and even")
X_train, X_test, y_train, y_test = train_test_split(
    X[parity], y[parity] % 2, test_size=0.3, stratify=y[parity], random_state=0
)
new = nn.Sequential(trunk, nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
fit(new, X_train, y_train, [p for p in new.parameters() if p.requires_grad], epochs=25, lr=2e-3)
new.eval()
with torch.no_grad():
    print("score", (new(X_test).argmax(1) == y_test).float().mean().item())
