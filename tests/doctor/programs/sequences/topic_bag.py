"""Is a paragraph about networks of nodes (common) or about layers of neurons (rare)? A bag of words."""
import inspect
import os
import random
import re

import networkx
import torch
from torch import nn


def paragraphs(module):
    found = set()
    for name, member in vars(module).items():
        if callable(member) and not name.startswith("_"):
            for part in (inspect.getdoc(member) or "").split("\n\n"):
                found.add(tuple(re.findall("[a-z]+", part.lower())))
    return sorted(words for words in found if len(words) >= 12)


class Bag(nn.Module):
    def __init__(self, n_words, dim=16):
        super().__init__()
        self.embedding = nn.EmbeddingBag(n_words, dim, mode="mean")
        self.hidden = nn.Linear(dim, 32)
        self.out = nn.Linear(32, 2)

    def forward(self, flat, offsets):
        return self.out(torch.relu(self.hidden(self.embedding(flat, offsets))))


def bag_batch(rows, ids):
    chosen = [ids[i] for i in rows]
    lengths = torch.tensor([len(c) for c in chosen])
    offsets = torch.cat([torch.zeros(1, dtype=torch.long), lengths.cumsum(0)[:-1]])
    return torch.cat(chosen), offsets


seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
graphs, layers = paragraphs(networkx), paragraphs(nn)
samples = [(words, 0) for words in random.Random(0).sample(graphs, 1000)]
samples += [(words, 1) for words in random.Random(1).sample(layers, 140)]
random.Random(2).shuffle(samples)
n_train = 760

seen = sorted({word for words, _ in samples[:n_train] for word in words})
number_of = {word: i + 1 for i, word in enumerate(seen)}  # 0 stands for words never seen
ids = [torch.tensor([number_of.get(w, 0) for w in words]) for words, _ in samples]
labels = torch.tensor([label for _, label in samples])
train_rows, test_rows = torch.arange(n_train), torch.arange(n_train, len(samples))

share = torch.bincount(labels[:n_train]).float() / n_train
print("share of the classes", share.tolist())
model = Bag(len(seen) + 1)
criterion = nn.CrossEntropyLoss(weight=0.5 / share)
penalty = 4e-4
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)

for epoch in range(15):
    model.train()
    losses = []
    for rows in train_rows[torch.randperm(n_train)].split(32):
        fit = criterion(model(*bag_batch(rows, ids)), labels[rows])
        loss = fit + penalty * sum(p.square().sum() for p in model.parameters())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(fit.item())
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1}: loss {sum(losses) / len(losses):.3f}")

model.eval()
with torch.no_grad():
    logits = model(*bag_batch(test_rows, ids))
truth = labels[test_rows]
print("loss on the rest", criterion(logits, truth).item())
recall = [(logits.argmax(1)[truth == c] == c).float().mean().item() for c in (0, 1)]
print("recall of networks and of neurons:", recall)
print("score", sum(recall) / 2)
