import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class Shapes(Dataset):
    """A disc and a frame on noise; every pixel is ground (0), disc (1) or frame (2)."""

    def __init__(self, count, seed, size=20):
        g = torch.Generator().manual_seed(seed)
        rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
        self.items = []
        for _ in range(count):
            image, mask = torch.zeros(size, size), torch.zeros(size, size, dtype=torch.long)
            for kind in torch.randperm(2, generator=g).tolist():
                r, c = torch.randint(5, size - 5, (2,), generator=g).tolist()
                radius = torch.randint(3, 6, (1,), generator=g).item()
                if kind == 0:
                    inside = (rows - r) ** 2 + (columns - c) ** 2 <= radius**2
                else:
                    far = torch.maximum((rows - r).abs(), (columns - c).abs())
                    inside = (far <= radius) & (far >= radius - 1)
                image[inside] = 0.6 + 0.4 * torch.rand(1, generator=g)
                mask[inside] = kind + 1
            image += 0.1 * torch.randn(size, size, generator=g)
            self.items.append((image[None], mask))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index]


def double_conv(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.ReLU(inplace=True),
    )


class UNet(nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.down1, self.down2 = double_conv(1, 8), double_conv(8, 16)
        self.bottom = double_conv(16, 24)
        self.up2, self.up1 = double_conv(24 + 16, 16), double_conv(16 + 8, 8)
        self.out = nn.Conv2d(8, classes, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        h = self.bottom(F.max_pool2d(b, 2))
        h = self.up2(torch.cat([F.interpolate(h, scale_factor=2), b], dim=1))
        h = self.up1(torch.cat([F.interpolate(h, scale_factor=2), a], dim=1))
        return F.log_softmax(self.out(h), dim=1)


def mean_iou(model, loader):
    model.eval()
    both, either = torch.zeros(3), torch.zeros(3)
    with torch.no_grad():
        for image, mask in loader:
            guess = model(image).argmax(1)
            for k in range(3):
                both[k] += ((guess == k) & (mask == k)).sum()
                either[k] += ((guess == k) | (mask == k)).sum()
    return (both / either).mean().item()


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    train_loader = DataLoader(Shapes(240, seed=seed), batch_size=10, shuffle=True)
    test_loader = DataLoader(Shapes(100, seed=1000), batch_size=50)
    model = UNet()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=14)
    for epoch in range(14):
        model.train()
        for image, mask in train_loader:
            loss = F.nll_loss(model(image), mask)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
        print(f"epoch {epoch}: loss {loss.item():.4f}, mean IoU {mean_iou(model, test_loader):.3f}")
    print("score", mean_iou(model, test_loader))


if __name__ == "__main__":
    main()
