import os

import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from torch import nn

SEED = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)

X, y = make_classification(
    n_samples=5000,
    n_features=12,
    n_informative=6,
    n_redundant=2,
    weights=[0.95],
    class_sep=0.8,
    flip_y=0.01,
    random_state=11,
)


def oversample(X, y):
    """Repeat rows of the rare class until both classes are as frequent."""
    rare = np.flatnonzero(y == 1)
    more = rng.choice(rare, size=(y == 0).sum() - len(rare))
    rows = np.concatenate([np.arange(len(y)), more])
    return X[rows], y[rows]


X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.3, random_state=2, stratify=y)
X_train, y_train = oversample(X_train, y_train)

mu, sd = X_train.mean(0), X_train.std(0)
X_train = torch.tensor((X_train - mu) / sd, dtype=torch.float32)
X_val = torch.tensor((X_val - mu) / sd, dtype=torch.float32)
t_train = torch.tensor(y_train, dtype=torch.float32)

model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 1), nn.Flatten(0))
bce = nn.BCEWithLogitsLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)

for epoch in range(12):
    model.train()
    for rows in torch.randperm(len(X_train)).split(64):
        optimizer.zero_grad()
        loss = bce(model(X_train[rows]), t_train[rows])
        loss.backward()
        optimizer.step()

model.eval()
with torch.no_grad():
    rare = (model(X_val) > 0).long().numpy()
print("predicted rare:", rare.sum(), "of", len(rare))
print("recall:", rare[y_val == 1].mean())
print("score", balanced_accuracy_score(y_val, rare))
