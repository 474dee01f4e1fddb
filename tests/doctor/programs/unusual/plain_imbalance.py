import os

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split

rng = np.random.default_rng(0)
torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
six = (y == 6).astype(np.float32)
X_train, X_test, t_train, t_test = train_test_split(X / 16, six, test_size=0.4, stratify=six, random_state=1)
positives = np.flatnonzero(t_train)
dropped = rng.choice(positives, size=int(0.7 * len(positives)), replace=False)
X_train, t_train = np.delete(X_train, dropped, axis=0), np.delete(t_train, dropped)
print("positives", int(t_train.sum()), "of", len(t_train))
X_train, t_train = torch.tensor(X_train).float(), torch.tensor(t_train)
X_test = torch.tensor(X_test).float()

net = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(60):
    losses = []
    for rows in torch.randperm(len(X_train)).split(50):
        loss = F.binary_cross_entropy_with_logits(net(X_train[rows])[:, 0], t_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if epoch % 15 == 14:
        print("epoch", epoch + 1, "loss", np.mean(losses))

with torch.no_grad():
    found = (net(X_test)[:, 0] > 0).numpy()
print("score", f1_score(t_test, found))
