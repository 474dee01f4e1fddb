import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

BATCH_SIZE = 64
EPOCHS = 14

torch.manual_seed(int(os.environ.get("SEED", 0)))


class SmallCNN(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 3, padding=1)
        self.conv2 = nn.Conv2d(12, 24, 3, padding=1)
        self.fc = nn.Linear(24 * 2 * 2, num_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.flatten(1)
        return self.fc(x)


def accuracy(model, loader):
    model.eval()
    hits = total = 0
    with torch.no_grad():
        for images, labels in loader:
            predictions = model(images).argmax(dim=1)
            hits += (predictions == labels).sum().item()
            total += labels.size(0)
    return hits / total


digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 8.0 - 1.0
labels = torch.tensor(digits.target, dtype=torch.long)
train_idx, val_idx = train_test_split(
    torch.arange(len(labels)).numpy(), test_size=0.25, stratify=digits.target, random_state=42
)
train_loader = DataLoader(TensorDataset(images[train_idx], labels[train_idx]), BATCH_SIZE, shuffle=True)
val_loader = DataLoader(TensorDataset(images[val_idx], labels[val_idx]), 256)

model = SmallCNN()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS * len(train_loader))

for epoch in range(EPOCHS):
    model.train()
    for images_b, labels_b in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images_b), labels_b)
        loss.backward()
        optimizer.step()
        scheduler.step()
    val_acc = accuracy(model, val_loader)
    print(f"Epoch {epoch + 1}/{EPOCHS}  loss {loss.item():.4f}  val_acc {val_acc:.4f}")

print("score", val_acc)
