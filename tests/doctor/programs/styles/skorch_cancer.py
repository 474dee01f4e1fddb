"""Tumours by a skorch binary classifier behind a scaler, in a pipeline of scikit-learn."""

import os

import torch
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skorch import NeuralNetBinaryClassifier
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", "0")))

X, y = load_breast_cancer(return_X_y=True)
y = y.astype("float32")
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)


def as_floats(X):
    return X.astype("float32")


class Tumours(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(30, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x):
        return self.layers(x)[:, 0]


net = NeuralNetBinaryClassifier(
    Tumours,
    optimizer=torch.optim.SGD,
    optimizer__momentum=0.9,
    lr=0.02,
    batch_size=32,
    max_epochs=15,
    iterator_train__shuffle=True,
    verbose=0,
)
model = make_pipeline(StandardScaler(), FunctionTransformer(as_floats), net)
model.fit(X_train, y_train)
print("score", balanced_accuracy_score(y_test, model.predict(X_test)))
