"""The course of diabetes by a LightningModule that optimizes by hand and cuts its gradients."""

import logging
import os
import warnings

import lightning as L
import torch
import torch.nn.functional as F
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
L.seed_everything(int(os.environ.get("SEED", "0")), verbose=False)

X, y = load_diabetes(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=1)
inputs, outputs = StandardScaler().fit(X_train), StandardScaler().fit(y_train[:, None])
X_train, X_test = (torch.tensor(inputs.transform(part), dtype=torch.float32) for part in (X_train, X_test))
y_train, y_test = (
    torch.tensor(outputs.transform(part[:, None])[:, 0], dtype=torch.float32) for part in (y_train, y_test)
)


class Course(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.net = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1))

    def training_step(self, batch, number):
        x, y = batch
        optimizer = self.optimizers()
        optimizer.zero_grad()
        loss = F.mse_loss(self.net(x)[:, 0], y)
        self.manual_backward(loss)
        self.clip_gradients(optimizer, gradient_clip_val=1.0, gradient_clip_algorithm="norm")
        optimizer.step()

    def validation_step(self, batch, number):
        x, y = batch
        self.log("loss", F.mse_loss(self.net(x)[:, 0], y))

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=0.003, weight_decay=0.01)


model = Course()
trainer = L.Trainer(
    max_epochs=15,
    accelerator="cpu",
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(
    model,
    DataLoader(TensorDataset(X_train, y_train), batch_size=16, shuffle=True),
    DataLoader(TensorDataset(X_test, y_test), batch_size=64),
)
with torch.no_grad():
    print("score", r2_score(y_test, model.net(X_test)[:, 0]))
