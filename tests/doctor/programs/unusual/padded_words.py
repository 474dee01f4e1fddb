import os
import random
import re
from collections import Counter
from pydoc_data.topics import topics

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

CHAPTERS = ["debugger", "formatstrings", "compound", "specialnames"]
seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

samples = []
cutter = random.Random(0)
for label, chapter in enumerate(CHAPTERS):
    words = re.findall(r"[a-z_]+", topics[chapter].lower())
    at = 0
    while at < len(words) - 90:
        length = cutter.choice([15, 20, 25, 30, 90])
        samples.append((words[at : at + length], label))
        at += length
cutter.shuffle(samples)
cut = int(0.8 * len(samples))
train, test = samples[:cut], samples[cut:]
counts = Counter(word for words, _ in train for word in words)
vocabulary = {word: i for i, word in enumerate((w for w, n in counts.items() if n > 1), start=2)}


def collate(batch):
    ids = [torch.tensor([vocabulary.get(w, 1) for w in words]) for words, _ in batch]
    padded = pad_sequence(ids, batch_first=True, padding_value=0)
    return padded, padded != 0, torch.tensor([label for _, label in batch])


class MeanOfWords(nn.Module):
    def __init__(self, size, dim=32):
        super().__init__()
        self.embedding = nn.Embedding(size, dim, padding_idx=0)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.dropout = nn.Dropout(0.3)
        self.out = nn.Linear(dim, len(CHAPTERS))

    def forward(self, ids, mask):
        total = (self.embedding(ids) * mask.unsqueeze(-1)).sum(1)
        return self.out(self.dropout(total / mask.sum(1, keepdim=True)))


model = MeanOfWords(len(vocabulary) + 2)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
train_loader = DataLoader(train, batch_size=32, shuffle=True, collate_fn=collate)
test_loader = DataLoader(test, batch_size=100, collate_fn=collate)
for epoch in range(15):
    model.train()
    for ids, mask, labels in train_loader:
        loss = nn.functional.cross_entropy(model(ids, mask), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(i, m).argmax(1) == t).sum().item() for i, m, t in test_loader)
    print(f"epoch {epoch} accuracy {right / len(test):.4f}")
print("score", right / len(test))
