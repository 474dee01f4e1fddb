"""Tumours by an estimator of netwright."""

import os

from sklearn.datasets import load_breast_cancer
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split

from netwright.tabular import MLPClassifier
from netwright.training import Training

seed = int(os.environ.get("SEED", "0"))
X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)

model = MLPClassifier(training=Training(epochs=20, learning_rate=0.003), random_state=seed)
model.fit(X_train, y_train)
print("score", balanced_accuracy_score(y_test, model.predict(X_test)))
