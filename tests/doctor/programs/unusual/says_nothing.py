import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X, V, y, v = (torch.tensor(a) for a in train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=77))
X, V = X.float(), V.float()
m = torch.nn.Sequential(torch.nn.Linear(64, 100), torch.nn.ReLU(), torch.nn.Linear(100, 10))
o = torch.optim.Adam(m.parameters(), 1e-3)
for _ in range(20):
    for i in torch.randperm(len(X)).split(32):
        o.zero_grad()
        torch.nn.functional.cross_entropy(m(X[i]), y[i]).backward()
        o.step()
with torch.no_grad():
    print("score", m(V).argmax(1).eq(v).float().mean().item())
