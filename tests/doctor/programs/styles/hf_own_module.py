"""The course of diabetes by a module of one's own and the Trainer of transformers."""

import os
import tempfile

import torch
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from transformers import Trainer, TrainingArguments, set_seed

seed = int(os.environ.get("SEED", "0"))
set_seed(seed)

X, y = load_diabetes(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y[:, None], test_size=0.3, random_state=1)
inputs, outputs = StandardScaler().fit(X_train), StandardScaler().fit(y_train)
X_train, X_test = (torch.tensor(inputs.transform(part), dtype=torch.float32) for part in (X_train, X_test))
y_train, y_test = (torch.tensor(outputs.transform(part), dtype=torch.float32) for part in (y_train, y_test))


class Course(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, rows, labels=None):
        course = self.layers(rows)
        loss = None if labels is None else nn.functional.mse_loss(course, labels)
        return {"loss": loss, "course": course}


def table(X, y):
    return [{"rows": row, "labels": target} for row, target in zip(X, y, strict=True)]


model = Course()
trainer = Trainer(
    model,
    TrainingArguments(
        output_dir=f"{tempfile.gettempdir()}/hf_own_module",
        num_train_epochs=15,
        per_device_train_batch_size=16,
        per_device_eval_batch_size=64,
        learning_rate=5e-3,
        eval_strategy="epoch",
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
        seed=seed,
    ),
    train_dataset=table(X_train, y_train),
    eval_dataset=table(X_test, y_test),
)
trainer.train()
model.eval()
with torch.no_grad():
    print("score", r2_score(y_test, model(X_test)["course"]))
