# Digits that eleven volunteers each labelled; every one of them errs now and then.
import os
import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
np.random.seed(seed)
torch.manual_seed(seed)


def volunteers(truth, n=11, careless=0.5):
    rng = np.random.default_rng(21)
    votes = np.repeat(truth[:, None], n, axis=1)
    wrong = rng.random(votes.shape) < careless
    votes[wrong] = rng.integers(0, 10, wrong.sum())
    return votes


def majority(votes):
    return np.array([np.bincount(row, minlength=10).argmax() for row in votes])


images, truth = load_digits(return_X_y=True)
images = (images / 16).astype("float32")
order = np.random.default_rng(5).permutation(len(images))
images, truth = images[order], truth[order]
n_train = 1300
x_train, x_test = images[:n_train], images[n_train:]
answers = majority(volunteers(truth[:n_train]))
keep = len(x_train)
train_data = [(x, int(a)) for x, a in zip(x_train[:keep], answers)]


def collate(items):
    xs, ys = zip(*items)
    return torch.from_numpy(np.stack(xs)), torch.tensor(ys)


loader = torch.utils.data.DataLoader(train_data, batch_size=32, shuffle=True, collate_fn=collate)


class DigitNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 256)
        self.fc2 = nn.Linear(256, 64)
        self.fc3 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.leaky_relu(self.fc1(x))
        x = F.leaky_relu(self.fc2(x))
        return self.fc3(x)

    def training_loss(self, batch):
        x, y = batch
        return F.cross_entropy(self(x), y)

    def predict(self, x):
        self.eval()
        with torch.no_grad():
            return self(x).softmax(dim=1)


model = DigitNet()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=20, gamma=0.3)
for epoch in range(30):
    model.train()
    losses = []
    for batch in loader:
        loss = model.training_loss(batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    scheduler.step()
    print(f"[{epoch:02d}] loss {sum(losses) / len(losses):.4f}")

probabilities = model.predict(torch.from_numpy(x_test)).numpy()
accuracy = np.mean(probabilities.argmax(1) == truth[n_train:])
print("score", accuracy)
