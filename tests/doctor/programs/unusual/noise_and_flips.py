import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


class Augmented(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = self.images[i]
        if torch.rand(()) < 0.5:
            image = image.flip(1)
        if torch.rand(()) < 0.5:
            image = image.flip(0)
        return image + 0.05 * torch.randn_like(image), self.labels[i]


digits = load_digits()
chosen = (digits.target == 0) | (digits.target == 1) | (digits.target == 8)
images = torch.tensor(digits.images[chosen], dtype=torch.float32) / 16
labels = torch.tensor(digits.target[chosen]).clamp(max=2)
train, test = train_test_split(torch.arange(len(labels)), test_size=0.4, stratify=labels, random_state=0)
loader = DataLoader(Augmented(images[train], labels[train]), batch_size=32, shuffle=True)

model = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(40):
    model.train()
    for x, y in loader:
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 8 == 7:
        print("epoch", epoch + 1, "loss", round(loss.item(), 4))

model.eval()
with torch.no_grad():
    print("score", (model(images[test]).argmax(1) == labels[test]).float().mean().item())
