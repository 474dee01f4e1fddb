"""Wines by a functional model in Keras on torch, one column for each cultivar, and a loop of its own."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras import layers
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

keras.utils.set_random_seed(int(os.environ.get("SEED", "0")))

X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)
scaler = StandardScaler().fit(X_train)
X_train = scaler.transform(X_train).astype("float32")
X_test = scaler.transform(X_test).astype("float32")
Y_train = keras.utils.to_categorical(y_train, 3)

inputs = keras.Input((13,))
hidden = layers.Dense(32, activation="tanh")(inputs)
outputs = layers.Dense(3)(hidden)
model = keras.Model(inputs, outputs)
loss_of = keras.losses.CategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(learning_rate=0.01)

for _ in range(30):
    for rows in np.array_split(torch.randperm(len(X_train)).numpy(), 8):
        scores = model(X_train[rows], training=True)
        loss = loss_of(Y_train[rows], scores)
        model.zero_grad()
        loss.backward()
        gradients = [weight.value.grad for weight in model.trainable_weights]
        with torch.no_grad():
            optimizer.apply(gradients, model.trainable_weights)

with torch.no_grad():
    right = model(X_test, training=False).argmax(1).cpu().numpy() == y_test
print("score", right.mean())
