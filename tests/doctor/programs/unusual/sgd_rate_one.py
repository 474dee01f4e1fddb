import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).flatten(1) / 16
labels = torch.tensor(digits.target)
train, test = train_test_split(torch.arange(len(labels)), test_size=0.25, stratify=labels, random_state=3)
loader = DataLoader(TensorDataset(images[train], labels[train]), batch_size=64, shuffle=True)

net = nn.Sequential(
    nn.Linear(64, 96, bias=False),
    nn.BatchNorm1d(96),
    nn.ReLU(),
    nn.Linear(96, 10),
)
opt = torch.optim.SGD(net.parameters(), lr=1.0)
sched = torch.optim.lr_scheduler.LinearLR(opt, start_factor=1.0, end_factor=0.05, total_iters=15)

for epoch in range(15):
    net.train()
    running = 0.0
    for x, y in loader:
        opt.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        running += loss.item()
    sched.step()
    print(f"[{epoch + 1}] mean loss {running / len(loader):.4f}")

net.eval()
with torch.no_grad():
    accuracy = (net(images[test]).argmax(1) == labels[test]).float().mean().item()
print("score", accuracy)
