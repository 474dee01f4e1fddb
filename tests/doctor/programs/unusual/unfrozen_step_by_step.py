import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
train, test = train_test_split(torch.arange(len(labels)), test_size=0.25, stratify=labels, random_state=12)
upright, mirrored = images.flatten(1), images.flip(2).flatten(1)

layers = [nn.Linear(64, 96), nn.Linear(96, 64), nn.Linear(64, 10)]
net = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])


def epoch_of(inputs, optimizer):
    net.train()
    for x, y in DataLoader(TensorDataset(inputs[train], labels[train]), batch_size=32, shuffle=True):
        loss = nn.functional.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for _ in range(8):
    epoch_of(upright, optimizer)
print("pretrained")

for parameter in net.parameters():
    parameter.requires_grad_(False)
for thawed, lr, epochs in ((2, 5e-3, 3), (1, 2e-3, 4), (0, 2e-3, 14)):
    for parameter in layers[thawed].parameters():
        parameter.requires_grad_(True)
    optimizer = torch.optim.Adam((p for p in net.parameters() if p.requires_grad), lr=lr)
    for _ in range(epochs):
        loss = epoch_of(mirrored, optimizer)
    print("thawed down to layer", thawed, "loss", loss)

net.eval()
with torch.no_grad():
    print("score", (net(mirrored[test]).argmax(1) == labels[test]).float().mean().item())
