"""Digits as rows of grey words by a tiny BERT and the Trainer of transformers."""

import os
import tempfile

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments, set_seed

seed = int(os.environ.get("SEED", "0"))
set_seed(seed)

X, y = load_digits(return_X_y=True)
words = torch.tensor(X.reshape(-1, 4, 2, 4, 2).mean((2, 4)).round().astype(np.int64).reshape(-1, 16))
labels = torch.tensor(y % 2)
train, test = train_test_split(range(len(words)), test_size=0.25, random_state=0, stratify=y)


def rows(chosen):
    return [{"labels": labels[row], "input_ids": words[row]} for row in chosen]


config = BertConfig(
    vocab_size=17,
    hidden_size=32,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=64,
    max_position_embeddings=16,
    hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0,
    num_labels=2,
)
model = BertForSequenceClassification(config)
trainer = Trainer(
    model,
    TrainingArguments(
        output_dir=f"{tempfile.gettempdir()}/hf_words",
        num_train_epochs=12,
        per_device_train_batch_size=16,
        gradient_accumulation_steps=2,
        per_device_eval_batch_size=256,
        learning_rate=3e-3,
        warmup_steps=20,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
        seed=seed,
    ),
    train_dataset=rows(train),
    eval_dataset=rows(test),
    compute_metrics=lambda told: {"right": float((told.predictions.argmax(-1) == told.label_ids).mean())},
)
trainer.train()
print("score", trainer.evaluate()["eval_right"])
