import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=2)
X_train, X_test = torch.tensor(X_train).float(), torch.tensor(X_test).float()
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)

model = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.Tanh(), torch.nn.Linear(32, 10))
optimizer = torch.optim.LBFGS(model.parameters(), lr=1.0, max_iter=20, history_size=10, line_search_fn="strong_wolfe")


def closure():
    optimizer.zero_grad()
    penalty = sum(p.square().sum() for p in model.parameters())
    loss = F.cross_entropy(model(X_train), y_train) + 5e-4 * penalty
    loss.backward()
    return loss


for step in range(15):
    loss = optimizer.step(closure)
    print(f"step {step}: {loss.item():.5f}")

model.eval()
with torch.no_grad():
    print("score", (model(X_test).argmax(1) == y_test).float().mean().item())
