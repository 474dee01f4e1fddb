import os

import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=40, stratify=y, random_state=0)
X_train, X_test = torch.tensor(X_train).float(), torch.tensor(X_test).float()
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)
mu, sigma = X_train.mean(dim=0), X_train.std(dim=0)
X_train, X_test = (X_train - mu) / sigma, (X_test - mu) / sigma
print("train", tuple(X_train.shape), "test", tuple(X_test.shape))

model = nn.Sequential(nn.Linear(13, 16), nn.ReLU(), nn.Linear(16, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.005, weight_decay=0.1)

for epoch in range(300):
    model.train()
    order = torch.randperm(40)
    for i in range(0, 40, 10):
        idx = order[i : i + 10]
        optimizer.zero_grad()
        loss = criterion(model(X_train[idx]), y_train[idx])
        loss.backward()
        optimizer.step()
    if epoch % 50 == 0:
        print(epoch, loss.item())

model.eval()
with torch.no_grad():
    print("score", (model(X_test).argmax(1) == y_test).float().mean().item())
