"""Digits by a skorch classifier, whose module ends in shares."""

import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from skorch import NeuralNetClassifier
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", "0")))

X, y = load_digits(return_X_y=True)
X = (X / 16).astype("float32")
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)


class Net(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.hidden, self.out = nn.Linear(64, width), nn.Linear(width, 10)
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        return self.out(self.drop(torch.relu(self.hidden(x)))).softmax(1)


net = NeuralNetClassifier(
    Net,
    criterion=nn.NLLLoss,
    optimizer=torch.optim.Adam,
    lr=0.005,
    batch_size=32,
    max_epochs=10,
    iterator_train__shuffle=True,
    verbose=0,
)
net.fit(X_train, y_train)
print("score", net.score(X_test, y_test))
