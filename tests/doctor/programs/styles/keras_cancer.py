"""Tumours by a subclassed model in Keras on torch, with a sigmoid at its end."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
from keras import layers
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

keras.utils.set_random_seed(int(os.environ.get("SEED", "0")))

X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)


class Tumours(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(16, activation="relu")
        self.out = layers.Dense(1, activation="sigmoid")

    def call(self, x):
        return self.out(self.hidden(x))


model = Tumours()
model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.1, momentum=0.9), loss="binary_crossentropy")
model.fit(
    X_train.astype("float32"),
    y_train[:, None].astype("float32"),
    batch_size=32,
    epochs=10,
    validation_data=(X_test.astype("float32"), y_test[:, None].astype("float32")),
    verbose=0,
)
shares = model.predict(X_test.astype("float32"), verbose=0)[:, 0]
print("score", balanced_accuracy_score(y_test, shares > 0.5))
