import os

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Dataset


class Digits(Dataset):
    def __init__(self, train):
        digits = load_digits()
        rows = train_test_split(range(len(digits.target)), test_size=0.25, stratify=digits.target, random_state=66)
        self.rows = rows[0] if train else rows[1]
        self.images, self.target = digits.images, digits.target

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        row = self.rows[index]
        image = torch.tensor(self.images[row], dtype=torch.float32).div(16).sub(0.3)
        return image, int(self.target[row])


def main():
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    train_loader = DataLoader(Digits(True), batch_size=64, shuffle=True, num_workers=2, persistent_workers=True)
    test_loader = DataLoader(Digits(False), batch_size=150)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    for epoch in range(12):
        model.train()
        for images, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
        print("epoch", epoch, "loss", loss.item())
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for images, labels in test_loader:
            correct += (model(images).argmax(1) == labels).sum().item()
            total += len(labels)
    print("score", correct / total)


if __name__ == "__main__":
    main()
