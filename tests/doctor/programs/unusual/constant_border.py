import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

digits = load_digits()
images = F.pad(torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16, (2, 2, 2, 2))
target = torch.tensor(digits.target)
tr, te = train_test_split(range(len(target)), test_size=0.25, stratify=target, random_state=8)
train_dl = DataLoader(TensorDataset(images[tr], target[tr]), batch_size=64, shuffle=True)
test_dl = DataLoader(TensorDataset(images[te], target[te]), batch_size=225)


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32 * 3 * 3, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


model = ConvNet()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=12)
for epoch in range(12):
    model.train()
    for data, label in train_dl:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(data), label)
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, label in test_dl:
            correct += model(data).argmax(dim=1).eq(label).sum().item()
    print(f"Epoch {epoch}: accuracy {correct}/{len(te)}")
print("score", correct / len(te))
