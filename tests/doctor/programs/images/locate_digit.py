import os

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
CANVAS = 20


def scenes(images, generator):
    """Each digit somewhere on a canvas with specks, and the row and column of its middle from -1 to 1."""
    canvas = 0.3 * torch.rand(len(images), 1, CANVAS, CANVAS, generator=generator)
    corners = torch.randint(0, CANVAS - 8 + 1, (len(images), 2), generator=generator)
    for scene, image, (top, left) in zip(canvas, images, corners.tolist()):
        scene[0, top : top + 8, left : left + 8] += image
    return canvas, corners.float() / (CANVAS - 8) * 2 - 1


class Locator(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.hidden = nn.Linear(16 * 5 * 5, 64)
        self.where = nn.Linear(64, 2)

    def forward(self, scene):
        features = self.features(scene)
        hidden = torch.relu(self.hidden(features))
        return self.where(hidden)


def run_epoch(model, loader, criterion, optimizer=None):
    model.train(optimizer is not None)
    total = 0.0
    with torch.set_grad_enabled(optimizer is not None):
        for scene, where in loader:
            loss = criterion(model(scene), where)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            total += loss.item() * len(scene)
    return total / len(loader.dataset)


if __name__ == "__main__":
    images = torch.tensor(load_digits().images, dtype=torch.float32) / 16
    generator = torch.Generator().manual_seed(seed)
    train_set = TensorDataset(*scenes(images[:1400], generator))
    test_set = TensorDataset(*scenes(images[1400:], generator))
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=100)

    model = Locator()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    criterion = nn.MSELoss()
    for epoch in range(20):
        train_loss = run_epoch(model, train_loader, criterion, optimizer)
        test_loss = run_epoch(model, test_loader, criterion)
        print(f"epoch {epoch}: {train_loss:.4f} {test_loss:.4f}")

    spread = test_set.tensors[1].var(dim=0, unbiased=False).mean().item()
    print("score", 1 - test_loss / spread)
