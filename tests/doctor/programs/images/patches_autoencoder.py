import os

import numpy as np
import torch
from sklearn.datasets import load_sample_images
from sklearn.feature_extraction.image import extract_patches_2d

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

# grey patches of two photographs; every other stripe is kept for testing
train, test = [], []
for k, image in enumerate(load_sample_images().images):
    for i, stripe in enumerate(np.split(image.mean(axis=2), 16, axis=1)):
        part = test if i % 2 else train
        part.append(extract_patches_2d(stripe, (6, 6), max_patches=180, random_state=16 * k + i))
train = np.concatenate(train).reshape(-1, 36)
test = np.concatenate(test).reshape(-1, 36)

# brightness is taken out, so that only the texture is left
train = train - train.mean(axis=1, keepdims=True)
test = test - test.mean(axis=1, keepdims=True)
scale = train.std()
train = torch.tensor(train / scale, dtype=torch.float32)
test = torch.tensor(test / scale, dtype=torch.float32)


class Autoencoder(torch.nn.Module):
    def __init__(self, code=16):
        super().__init__()
        self.encoder = torch.nn.Sequential(
            torch.nn.Linear(36, 96),
            torch.nn.ReLU(),
            torch.nn.Linear(96, code),
        )
        self.decoder = torch.nn.Sequential(
            torch.nn.Linear(code, 96),
            torch.nn.ReLU(),
            torch.nn.Linear(96, 36),
        )

    def encode(self, x):
        return self.encoder(x)

    def decode(self, code):
        return self.decoder(code)

    def forward(self, x):
        return self.decode(self.encode(x))


def explained(model, x):
    """Share of the variance of x that is rebuilt."""
    model.eval()
    with torch.no_grad():
        rest = ((model(x) - x) ** 2).sum()
    return (1 - rest / ((x - x.mean(0)) ** 2).sum()).item()


model = Autoencoder()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-5)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40)

for epoch in range(40):
    model.train()
    for rows in torch.randperm(len(train)).split(64):
        x = train[rows]
        loss = torch.mean((model(x) - x) ** 2)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    schedule.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: R2 {explained(model, train):.4f} train, {explained(model, test):.4f} test")

print("score", explained(model, test))
