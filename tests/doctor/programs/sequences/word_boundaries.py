"""Find where the words end in text from which the blanks were taken."""
import os
import random
import re

import torch
from pydoc_data.topics import topics
from torch import nn
from torch.utils.data import DataLoader, Dataset

PAD, INSIDE, END = 0, 1, 2


class Sentences(Dataset):
    def __init__(self, sentences):
        self.items = []
        for sentence in sentences:
            words = sentence.split()
            letters = [ord(c) - 96 for c in "".join(words)]
            tags = [END if i == len(w) - 1 else INSIDE for w in words for i in range(len(w))]
            self.items.append((letters, tags))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def collate(items):
    longest = max(len(letters) for letters, _ in items)
    x = torch.full((len(items), longest), PAD)
    y = torch.full((len(items), longest), PAD)
    for row, (letters, tags) in enumerate(items):
        x[row, : len(letters)] = torch.tensor(letters)
        y[row, : len(tags)] = torch.tensor(tags)
    return x, y


class Tagger(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.embed = nn.Embedding(27, 24, padding_idx=PAD)
        self.convs = nn.Sequential(
            nn.Conv1d(24, width, 7, padding=3),
            nn.ReLU(),
            nn.Conv1d(width, width, 5, padding=2),
            nn.ReLU(),
        )
        self.tag = nn.Linear(width, 3)

    def forward(self, x):
        h = self.convs(self.embed(x).transpose(1, 2))
        return self.tag(h.transpose(1, 2))


def f1(model, loader):
    model.eval()
    hit = found = there = 0
    with torch.no_grad():
        for x, y in loader:
            guess = (model(x).argmax(-1) == END) & (x != PAD)
            hit += (guess & (y == END)).sum().item()
            found += guess.sum().item()
            there += (y == END).sum().item()
    return 2 * hit / max(found + there, 1)


def main():
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    sentences = set()
    for name in sorted(topics):
        for part in re.split(r"[.:]\s|\n\n", topics[name].lower()):
            part = " ".join(re.findall("[a-z]+", part))
            if 25 <= len(part) <= 70:
                sentences.add(part)
    sentences = sorted(sentences)
    random.Random(3).shuffle(sentences)
    sentences = sentences[:2000]
    train_loader = DataLoader(Sentences(sentences[300:]), batch_size=32, shuffle=True, collate_fn=collate)
    val_loader = DataLoader(Sentences(sentences[:300]), batch_size=300, collate_fn=collate)

    model = Tagger()
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.7)
    for epoch in range(8):
        model.train()
        for x, y in train_loader:
            logits = model(x)
            loss = criterion(logits.reshape(-1, 3), y.reshape(-1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        print(f"epoch {epoch}: loss {loss.item():.3f}, F1 of word ends {f1(model, val_loader):.3f}")
    print("score", f1(model, val_loader))


main()
