import itertools
import os

import numpy as np
import torch
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_diabetes(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, test_size=0.25, random_state=1)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, random_state=1)
x_mean, x_std, y_mean, y_std = X_train.mean(0), X_train.std(0), y_train.mean(), y_train.std()
scale = lambda a: torch.tensor((a - x_mean) / x_std, dtype=torch.float32)
X_train, X_val, X_test = scale(X_train), scale(X_val), scale(X_test)
t_train = torch.tensor((y_train - y_mean) / y_std, dtype=torch.float32)


def fit(width, decay, epochs=30):
    net = torch.nn.Sequential(torch.nn.Linear(10, width), torch.nn.Tanh(), torch.nn.Linear(width, 1), torch.nn.Flatten(0))
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=decay)
    for _ in range(epochs):
        for rows in torch.randperm(len(X_train)).split(25):
            loss = torch.nn.functional.mse_loss(net(X_train[rows]), t_train[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return net


def score(net, features, truth):
    with torch.no_grad():
        return r2_score(truth, net(features).numpy() * y_std + y_mean)


trials = []
for width, decay in itertools.product((1, 8, 32), (0.0, 1.0)):
    net = fit(width, decay)
    trials.append((score(net, X_val, y_val), width, decay, net))
    print(f"width {width:3d} decay {decay:3.1f}: validation R2 {trials[-1][0]:.3f}")
best = max(trials, key=lambda trial: trial[0])
print("chosen: width", best[1], "decay", best[2])
print("score", score(best[3], X_test, y_test))
