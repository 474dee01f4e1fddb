"""Which library's documentation is this paragraph from? Embeddings pooled by attention."""
import inspect
import os
import random
import re
from collections import Counter

import networkx
import numpy
import torch
from pydoc_data.topics import topics
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

PAD, UNK, PER_CLASS, LONGEST = 0, 1, 450, 60
torch.manual_seed(int(os.environ.get("SEED", 0)))


def documentation(module):
    for name in sorted(dir(module)):
        member = getattr(module, name)
        text = inspect.getdoc(member) if callable(member) else None
        if text and not name.startswith("_"):
            yield from text.split("\n\n")


sources = {
    "numpy": documentation(numpy),
    "networkx": documentation(networkx),
    "torch": [*documentation(nn), *documentation(nn.functional), *documentation(torch)],
    "python": [block for name in sorted(topics) for block in topics[name].split("\n\n")],
}
samples = []
for label, blocks in enumerate(sources.values()):
    words = (tuple(re.findall(r"[a-z]+", block.lower())[:LONGEST]) for block in blocks)
    distinct = sorted({w for w in words if len(w) >= 10})
    samples += [(list(w), label) for w in random.Random(label).sample(distinct, PER_CLASS)]
random.Random(0).shuffle(samples)
train_samples, val_samples = samples[:1400], samples[1400:]

counts = Counter(word for words, _ in train_samples for word in words)
vocab = {word: i + 2 for i, (word, n) in enumerate(counts.most_common(1500))}


def encode(samples, vocab):
    return [(torch.tensor([vocab.get(w, UNK) for w in words]), label) for words, label in samples]


def collate(batch):
    ids = pad_sequence([ids for ids, _ in batch], batch_first=True, padding_value=PAD)
    return ids, torch.tensor([label for _, label in batch])


train_loader = DataLoader(encode(train_samples, vocab), batch_size=32, shuffle=True, collate_fn=collate)
val_loader = DataLoader(encode(val_samples, vocab), batch_size=100, collate_fn=collate)


class AttentionPool(nn.Module):
    def __init__(self, size, dim=32, classes=4):
        super().__init__()
        self.embedding = nn.Embedding(size, dim)
        self.key = nn.Linear(dim, 1)
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(dim, classes)

    def forward(self, ids):
        e = self.embedding(ids)
        scores = self.key(torch.tanh(e)).squeeze(-1)
        scores = scores.masked_fill(ids == PAD, float("-inf"))
        weights = torch.softmax(scores, dim=1)
        pooled = (weights.unsqueeze(-1) * e).sum(dim=1)
        return self.out(self.drop(pooled))


net = AttentionPool(len(vocab) + 2)
loss_function = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)

best, best_accuracy, patience = float("inf"), 0.0, 0
for epoch in range(15):
    net.train()
    for ids, y in train_loader:
        optimizer.zero_grad()
        loss = loss_function(net(ids), y)
        loss.backward()
        optimizer.step()
    net.eval()
    val_loss = right = 0.0
    with torch.no_grad():
        for ids, y in val_loader:
            logits = net(ids)
            val_loss += loss_function(logits, y).item() * len(y) / len(val_samples)
            right += (logits.argmax(1) == y).sum().item() / len(val_samples)
    print(f"epoch {epoch} train {loss.item():.3f} val {val_loss:.3f} accuracy {right:.3f}")
    if val_loss < best:
        best, best_accuracy, patience = val_loss, right, 0
    else:
        patience += 1
        if patience == 2:
            break

print("score", best_accuracy)
