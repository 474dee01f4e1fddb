import os
import random
import re

import torch
import torch.nn.functional as F
from pydoc_data.topics import topics
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
LENGTH, BATCH, EPOCHS = 16, 64, 7


def read_paragraphs():
    """Python's own manual in small letters, every paragraph once."""
    found = {}
    for name in sorted(topics):
        for block in topics[name].split("\n\n"):
            block = re.sub(r"[^a-z]+", " ", block.lower()).strip()
            if len(block) > 80:
                found[block] = True
    return list(found)


paragraphs = read_paragraphs()
random.Random(0).shuffle(paragraphs)
train_text = " ".join(paragraphs[150:])[:60_000]
val_text = " ".join(paragraphs[:150])[:12_000]
alphabet = "".join(dict.fromkeys(train_text))


def encode(text, alphabet):
    return torch.tensor([alphabet.index(c) for c in text])


def chunks(stream):
    n = (len(stream) - 1) // LENGTH
    x = stream[: n * LENGTH].view(n, LENGTH)
    y = stream[1 : n * LENGTH + 1].view(n, LENGTH)
    return x, y


class CharModel(nn.Module):
    def __init__(self, n_chars, width=16, hidden=64):
        super().__init__()
        self.embed = nn.Embedding(n_chars, width)
        self.gru = nn.GRU(width, hidden, batch_first=True)
        self.head = nn.Linear(hidden, n_chars)

    def forward(self, x):
        h, _ = self.gru(self.embed(x))
        return self.head(h)


def evaluate(model, x, y):
    model.eval()
    with torch.no_grad():
        logits = model(x)
        return F.cross_entropy(logits.flatten(0, 1), y.flatten()).item()


x_train, y_train = chunks(encode(train_text, alphabet))
x_val, y_val = chunks(encode(val_text, alphabet))
model = CharModel(len(alphabet))
steps_per_epoch = (len(x_train) + BATCH - 1) // BATCH
optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS * steps_per_epoch)

for epoch in range(EPOCHS):
    model.train()
    total = 0.0
    for rows in torch.randperm(len(x_train)).split(BATCH):
        logits = model(x_train[rows])
        loss = F.cross_entropy(logits.flatten(0, 1), y_train[rows].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        total += loss.item()
    val_loss = evaluate(model, x_val, y_val)
    print(f"epoch {epoch} train {total / steps_per_epoch:.3f} val {val_loss:.3f} nats per character")

print("score", -val_loss)
