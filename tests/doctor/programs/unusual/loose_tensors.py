import os

import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=4)
scaler = StandardScaler().fit(X_train)
X_train = torch.tensor(scaler.transform(X_train), dtype=torch.float32)
X_test = torch.tensor(scaler.transform(X_test), dtype=torch.float32)
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)

W1 = (torch.randn(13, 24) / 13**0.5).requires_grad_()
b1 = torch.zeros(24, requires_grad=True)
W2 = (torch.randn(24, 3) / 24**0.5).requires_grad_()
b2 = torch.zeros(3, requires_grad=True)
params = [W1, b1, W2, b2]
optimizer = torch.optim.Adam(params, lr=0.005)


def predict(x):
    return (x @ W1 + b1).clamp(min=0) @ W2 + b2


for step in range(1500):
    rows = torch.randint(0, len(X_train), (32,))
    scores = predict(X_train[rows])
    log_p = scores - scores.logsumexp(1, keepdim=True)
    loss = -log_p[torch.arange(32), y_train[rows]].mean() + 1e-3 * (W1.pow(2).sum() + W2.pow(2).sum())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 300 == 299:
        print(step + 1, loss.item())

with torch.no_grad():
    print("score", (predict(X_test).argmax(1) == y_test).float().mean().item())
