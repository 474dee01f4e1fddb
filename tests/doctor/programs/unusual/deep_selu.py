import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


def selu_net(sizes):
    layers = []
    for a, b in zip(sizes[:-2], sizes[1:-1]):
        linear = nn.Linear(a, b)
        nn.init.normal_(linear.weight, std=a**-0.5)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.SELU()]
    return nn.Sequential(*layers, nn.Linear(*sizes[-2:]))


X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, stratify=y, random_state=24)
scaler = StandardScaler().fit(X_train)
train = TensorDataset(torch.tensor(scaler.transform(X_train)).float().clamp(-4, 4), torch.tensor(y_train))
X_val, y_val = torch.tensor(scaler.transform(X_val)).float().clamp(-4, 4), torch.tensor(y_val)
net = selu_net([64] + [64] * 8 + [10])
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 15)
for epoch in range(15):
    net.train()
    for x, t in DataLoader(train, batch_size=32, shuffle=True):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), t)
        loss.backward()
        optimizer.step()
    scheduler.step()
    net.eval()
    with torch.no_grad():
        accuracy = (net(X_val).argmax(1) == y_val).float().mean().item()
    print(f"{epoch}: {loss.item():.4f} {accuracy:.4f}")
print("score", accuracy)
