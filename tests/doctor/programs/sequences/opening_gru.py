"""Guess a library from the first words of a paragraph of its documentation: a GRU over packed sequences."""
import inspect
import os
import random
import re

import networkx
import numpy
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence

SEED = int(os.environ.get("SEED", 0))
MAX_WORDS = 20


def first_words(*modules):
    texts = set()
    for module in modules:
        for name in dir(module):
            thing = getattr(module, name)
            if name.startswith("_") or not callable(thing):
                continue
            for paragraph in (inspect.getdoc(thing) or "").split("\n\n"):
                words = re.findall(r"[a-z]+", paragraph.lower())[:MAX_WORDS]
                if len(words) >= 6:
                    texts.add(tuple(words))
    return random.Random(0).sample(sorted(texts), 500)


def load():
    data = []
    for label, modules in enumerate([(numpy,), (networkx,), (torch, nn, F)]):
        data += [(words, label) for words in first_words(*modules)]
    random.Random(9).shuffle(data)
    train, val = data[:1200], data[1200:]
    vocab = {"<pad>": 0, "<unk>": 1}
    for words, _ in train:
        for word in words:
            vocab.setdefault(word, len(vocab))
    return train, val, vocab


def to_tensors(samples, vocab):
    lengths = torch.tensor([len(words) for words, _ in samples])
    ids = torch.zeros(len(samples), MAX_WORDS, dtype=torch.long)
    for row, (words, _) in enumerate(samples):
        ids[row, : len(words)] = torch.tensor([vocab.get(w, 1) for w in words])
    return ids, lengths, torch.tensor([label for _, label in samples])


class Reader(nn.Module):
    def __init__(self, vocab_size, embed=24, hidden=24, classes=3):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, embed, padding_idx=0)
        self.drop = nn.Dropout(0.3)
        self.gru = nn.GRU(embed, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, classes)

    def encode(self, ids, lengths):
        e = self.drop(self.embed(ids))
        packed = pack_padded_sequence(e, lengths, batch_first=True, enforce_sorted=False)
        _, state = self.gru(packed)
        return state[0]

    def forward(self, ids, lengths):
        return self.fc(self.drop(self.encode(ids, lengths)))


torch.manual_seed(SEED)
train, val, vocab = load()
train_ids, train_lengths, train_y = to_tensors(train, vocab)
val_ids, val_lengths, val_y = to_tensors(val, vocab)
reader = Reader(len(vocab))
optimizer = torch.optim.Adam(reader.parameters(), lr=0.01)

history = []
for epoch in range(6):
    reader.train()
    for rows in torch.randperm(len(train_y)).split(32):
        optimizer.zero_grad()
        logits = reader(train_ids[rows], train_lengths[rows])
        loss = F.cross_entropy(logits, train_y[rows])
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    reader.eval()
    with torch.no_grad():
        logits = reader(val_ids, val_lengths)
    accuracy = (logits.argmax(1) == val_y).float().mean().item()
    print(epoch, sum(history[-38:]) / 38, F.cross_entropy(logits, val_y).item(), accuracy)

print("score", accuracy)
