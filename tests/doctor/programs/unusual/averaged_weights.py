import copy
import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=100)
train_loader = DataLoader(
    TensorDataset(torch.tensor(X_train, dtype=torch.float32), torch.tensor(y_train)), batch_size=32, shuffle=True
)
X_test, y_test = torch.tensor(X_test, dtype=torch.float32), torch.tensor(y_test)


def accuracy(net):
    net.eval()
    with torch.no_grad():
        return (net(X_test).argmax(1) == y_test).float().mean().item()


model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
average, taken = None, 0

for epoch in range(20):
    model.train()
    for x, t in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), t).backward()
        optimizer.step()
    if epoch >= 10:
        state = copy.deepcopy(model.state_dict())
        if average is None:
            average = state
        else:
            for key in average:
                average[key] += (state[key] - average[key]) / (taken + 1)
        taken += 1
    print("epoch", epoch, "accuracy", accuracy(model))

model.load_state_dict(average)
print("averaged over", taken, "epochs")
print("score", accuracy(model))
