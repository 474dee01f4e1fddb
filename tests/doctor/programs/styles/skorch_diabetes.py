"""The course of diabetes by a skorch regressor, with early stopping and a schedule."""

import os

import torch
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetRegressor
from skorch.callbacks import EarlyStopping, LRScheduler
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", "0")))

X, y = load_diabetes(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y[:, None], test_size=0.3, random_state=1)
inputs, outputs = StandardScaler().fit(X_train), StandardScaler().fit(y_train)
X_train, X_test = (inputs.transform(part).astype("float32") for part in (X_train, X_test))
y_train, y_test = (outputs.transform(part).astype("float32") for part in (y_train, y_test))


def network():
    return nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1))


net = NeuralNetRegressor(
    network(),
    optimizer=torch.optim.Adam,
    lr=0.005,
    batch_size=16,
    max_epochs=30,
    iterator_train__shuffle=True,
    callbacks=[EarlyStopping(patience=8), LRScheduler("ExponentialLR", gamma=0.97)],
    verbose=0,
)
net.fit(X_train, y_train)
print("score", r2_score(y_test, net.predict(X_test)))
