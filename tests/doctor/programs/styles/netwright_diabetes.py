"""The course of diabetes by netwright's own loop, with a loss of its own and clipped gradients."""

import os

import torch
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

from netwright.training import GradientClipping, Supervised, TensorSamples, Training, predict

seed = int(os.environ.get("SEED", "0"))
torch.manual_seed(seed)

X, y = load_diabetes(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=1)
inputs, outputs = StandardScaler().fit(X_train), StandardScaler().fit(y_train[:, None])
X_train, X_test = (torch.tensor(inputs.transform(part), dtype=torch.float32) for part in (X_train, X_test))
target = torch.tensor(outputs.transform(y_train[:, None]), dtype=torch.float32)
wanted = outputs.transform(y_test[:, None])[:, 0]


def loss(prediction, target):
    return (prediction - target).square().mean()


network = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1))
training = Training(epochs=40, batch_size=32, learning_rate=0.005, callbacks=[GradientClipping(1.0)])
training.run(network, Supervised(loss), TensorSamples(X_train, target), seed=seed)
print("score", r2_score(wanted, predict(network, X_test)[:, 0]))
