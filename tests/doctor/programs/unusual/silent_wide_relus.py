import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedShuffleSplit

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 16, dtype=torch.float32), torch.tensor(y)
split = StratifiedShuffleSplit(1, test_size=400, random_state=5)
train_idx, test_idx = (torch.tensor(i) for i in next(split.split(X, y)))


class SparseCode(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = torch.nn.Linear(64, 1000)
        self.decode = torch.nn.Linear(1000, 10)

    def forward(self, x):
        code = F.relu(self.encode(x))
        return self.decode(code), code


model = SparseCode()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(20):
    shuffled = train_idx[torch.randperm(len(train_idx))]
    for rows in shuffled.split(64):
        logits, code = model(X[rows])
        loss = F.cross_entropy(logits, y[rows]) + 1e-2 * code.abs().sum(1).mean() / 5
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        logits, code = model(X[test_idx])
    acc = (logits.argmax(1) == y[test_idx]).float().mean().item()
    print(f"{epoch:3d} acc {acc:.3f} active {(code > 0).float().mean().item():.3f}")
print("score", acc)
