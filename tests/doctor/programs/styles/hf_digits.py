"""Digits by a tiny vision transformer and the Trainer of transformers."""

import os
import tempfile

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import Dataset
from transformers import Trainer, TrainingArguments, ViTConfig, ViTForImageClassification, set_seed

seed = int(os.environ.get("SEED", "0"))
set_seed(seed)

digits = load_digits()
pictures = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
train, test = train_test_split(range(len(pictures)), test_size=0.25, random_state=0, stratify=digits.target)


class Pictures(Dataset):
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, place):
        row = self.rows[place]
        return {"pixel_values": pictures[row], "labels": int(digits.target[row])}


config = ViTConfig(
    image_size=8,
    patch_size=4,
    num_channels=1,
    hidden_size=32,
    num_hidden_layers=1,
    num_attention_heads=4,
    intermediate_size=64,
    num_labels=10,
)
model = ViTForImageClassification(config)
trainer = Trainer(
    model,
    TrainingArguments(
        output_dir=f"{tempfile.gettempdir()}/hf_digits",
        num_train_epochs=6,
        per_device_train_batch_size=32,
        per_device_eval_batch_size=256,
        learning_rate=5e-3,
        lr_scheduler_type="linear",
        eval_strategy="epoch",
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
        seed=seed,
    ),
    train_dataset=Pictures(train),
    eval_dataset=Pictures(test),
    compute_metrics=lambda told: {"right": float((told.predictions.argmax(-1) == told.label_ids).mean())},
)
trainer.train()
print("score", trainer.evaluate()["eval_right"])
