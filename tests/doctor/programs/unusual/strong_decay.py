import argparse
import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset


def parse_args():
    parser = argparse.ArgumentParser(description="digits")
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--weight-decay", type=float, default=0.1)
    parser.add_argument("--epochs", type=int, default=18)
    parser.add_argument("--batch", type=int, default=48)
    return parser.parse_args()


class MLP(torch.nn.Module):
    def __init__(self, sizes=(64, 96, 48, 10)):
        super().__init__()
        self.layers = torch.nn.ModuleList(torch.nn.Linear(i, o) for i, o in zip(sizes, sizes[1:]))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.leaky_relu(layer(x))
        return self.layers[-1](x)


args = parse_args()
torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.2, stratify=y, random_state=15)
loader = DataLoader(TensorDataset(torch.tensor(X_train).float(), torch.tensor(y_train)), args.batch, shuffle=True)
model = MLP()
optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=args.weight_decay)
for epoch in range(args.epochs):
    model.train()
    for x, t in loader:
        loss = F.cross_entropy(model(x), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch:2d}  loss {loss.item():.4f}")
model.eval()
with torch.no_grad():
    right = (model(torch.tensor(X_test).float()).argmax(1) == torch.tensor(y_test)).sum().item()
print("score", right / len(y_test))
