"""Handwritten digits, read from top to bottom one row of pixels at a time."""
import os

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

digits = load_digits()
images = torch.tensor(digits.images / 16.0, dtype=torch.float32)
labels = torch.tensor(digits.target)
train_idx, val_idx = train_test_split(range(len(labels)), test_size=0.2, stratify=labels, random_state=1)
train_set = TensorDataset(images[train_idx], labels[train_idx])
val_set = TensorDataset(images[val_idx], labels[val_idx])

EPOCHS = 20
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
val_loader = DataLoader(val_set, batch_size=128)


class RowReader(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.gru = nn.GRU(input_size=8, hidden_size=hidden, batch_first=True)
        self.fc = nn.Linear(hidden, 10)

    def forward(self, x):
        out, _ = self.gru(x)
        return self.fc(out[:, -1])


model = RowReader()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.008)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

for epoch in range(EPOCHS):
    model.train()
    running = 0.0
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = criterion(outputs, targets)
        loss.backward()
        optimizer.step()
        running += loss.item()
    scheduler.step()

    model.eval()
    hits = 0
    with torch.no_grad():
        for inputs, targets in val_loader:
            hits += (model(inputs).argmax(dim=1) == targets).sum().item()
    acc = hits / len(val_set)
    print(f"[{epoch + 1:2d}/{EPOCHS}] loss={running / len(train_loader):.4f} val_acc={acc:.4f}")

print("score", acc)
