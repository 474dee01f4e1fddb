"""Small pictures of digits by a convolutional LightningModule in bfloat16, with gathered gradients."""

import logging
import os
import warnings

import lightning as L
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
L.seed_everything(int(os.environ.get("SEED", "0")), verbose=False)

digits = load_digits()
pictures = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
labels = torch.tensor(digits.target)
train, test = train_test_split(torch.arange(len(labels)), test_size=0.25, random_state=0, stratify=labels)


class Pictures(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU())
        self.trunk.append(nn.MaxPool2d(2))
        self.head = nn.Linear(16 * 16, 10)
        self.loss = nn.CrossEntropyLoss()
        self.right = self.seen = 0

    def forward(self, x):
        return self.head(self.trunk(x).flatten(1))

    def training_step(self, batch, number):
        x, y = batch
        return self.loss(self(x), y)

    def on_validation_epoch_start(self):
        self.right = self.seen = 0

    def validation_step(self, batch, number):
        x, y = batch
        self.right += (self(x).argmax(1) == y).sum().item()
        self.seen += len(y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)


model = Pictures()
trainer = L.Trainer(
    max_epochs=10,
    precision="bf16-mixed",
    accumulate_grad_batches=2,
    accelerator="cpu",
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(
    model,
    DataLoader(TensorDataset(pictures[train], labels[train]), batch_size=16, shuffle=True),
    DataLoader(TensorDataset(pictures[test], labels[test]), batch_size=64),
)
print("score", model.right / model.seen)
