import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset, Subset

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

digits = load_digits()
images = torch.tensor(digits.images).float()
labels = torch.tensor(digits.target)


class Digits(Dataset):
    """8x8 digits, moved a little when augment is set."""

    def __init__(self, images, labels, augment=False):
        self.images = images[:, None] / 16
        self.labels = labels
        self.augment = augment

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        x = self.images[i]
        if self.augment:
            pad = 1
            top, left = random.randint(0, 2 * pad), random.randint(0, 2 * pad)
            x = F.pad(x, (pad, pad, pad, pad))[:, top : top + 8, left : left + 8]
        return x, self.labels[i]


order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(7)).tolist()
train_set = Subset(Digits(images, labels, augment=True), order[:1350])
test_set = Subset(Digits(images, labels), order[1350:])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(test_set, batch_size=128)


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(32 * 2 * 2, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = x.view(x.size(0), -1)
        x = F.relu(self.fc1(x))
        return self.fc2(x)


net = CNN()
loss_function = nn.CrossEntropyLoss()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.StepLR(opt, step_size=11, gamma=0.1)

for epoch in range(16):
    net.train()
    running = 0.0
    for i, (x, y) in enumerate(train_loader):
        opt.zero_grad()
        loss = loss_function(net(x), y)
        loss.backward()
        opt.step()
        running += loss.item()
    scheduler.step()
    print(f"[{epoch + 1}] train loss {running / (i + 1):.4f}")

net.eval()
correct = total = 0
with torch.no_grad():
    for x, y in test_loader:
        predicted = net(x).argmax(dim=1)
        correct += (predicted == y).sum().item()
        total += y.size(0)
print(f"test accuracy {100 * correct / total:.1f} %")
print("score", correct / total)
