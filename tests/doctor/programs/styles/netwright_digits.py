"""Pictures of digits by netwright's own loop and a network of one's own."""

import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from netwright.training import Supervised, TensorSamples, Training, predict

seed = int(os.environ.get("SEED", "0"))
torch.manual_seed(seed)

digits = load_digits()
pictures = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
labels = torch.tensor(digits.target)
train, test = train_test_split(torch.arange(len(labels)), test_size=0.25, random_state=0, stratify=labels)

network = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1),
    nn.BatchNorm2d(16),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(256, 10),
)
training = Training(epochs=8, batch_size=32, learning_rate=0.005)
objective = Supervised(nn.CrossEntropyLoss())
training.run(network, objective, TensorSamples(pictures[train], labels[train]), seed=seed)
answers = predict(network, pictures[test]).argmax(1)
print("score", (answers == labels[test]).float().mean().item())
