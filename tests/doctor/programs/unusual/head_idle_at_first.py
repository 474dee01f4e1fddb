import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
EPOCHS, SECOND_PHASE = 24, 12


class MultiTask(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 48), nn.ReLU())
        self.heads = nn.ModuleDict({"digit": nn.Linear(48, 10), "odd": nn.Linear(48, 1)})

    def forward(self, x, tasks):
        h = self.trunk(x)
        return {task: self.heads[task](h) for task in tasks}


X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=1)
loader = DataLoader(
    TensorDataset(torch.tensor(X_train, dtype=torch.float32), torch.tensor(y_train)), batch_size=40, shuffle=True
)
X_test, y_test = torch.tensor(X_test, dtype=torch.float32), torch.tensor(y_test)

model = MultiTask()
optimizer = torch.optim.Adam(model.parameters(), lr=1.5e-3)
for epoch in range(EPOCHS):
    tasks = ["digit"] if epoch < SECOND_PHASE else ["digit", "odd"]
    model.train()
    for x, t in loader:
        out = model(x, tasks)
        loss = F.cross_entropy(out["digit"], t)
        if "odd" in out:
            loss = loss + F.binary_cross_entropy_with_logits(out["odd"].squeeze(1), (t % 2).float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1} {tasks}: {loss.item():.4f}")

model.eval()
with torch.no_grad():
    out = model(X_test, ["digit", "odd"])
    digit = (out["digit"].argmax(1) == y_test).float().mean().item()
    odd = ((out["odd"].squeeze(1) > 0) == (y_test % 2 == 1)).float().mean().item()
print("digit", digit, "odd", odd)
print("score", (digit + odd) / 2)
