import os
from pydoc_data.topics import topics

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))

text = " ".join(" ".join(topics[k].lower().split()) for k in ("compound", "specialnames", "typesseq"))
letters = sorted(set(text))
codes = torch.tensor([letters.index(c) for c in text])
blocks = codes.split(1000)
train = torch.cat([b for i, b in enumerate(blocks) if i % 10 != 5])
test = torch.cat([b for i, b in enumerate(blocks) if i % 10 == 5])
WIDTH = 6


class TiedLM(nn.Module):
    def __init__(self, vocab, dim=32, hidden=128):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.hidden = nn.Linear(WIDTH * dim, hidden)
        self.project = nn.Linear(hidden, dim)
        self.out = nn.Linear(dim, vocab)
        self.out.weight = self.embed.weight
        nn.init.normal_(self.embed.weight, std=0.3)

    def forward(self, window):
        h = F.gelu(self.hidden(self.embed(window).flatten(1)))
        return self.out(self.project(h))


def windows(stream, starts):
    offsets = torch.arange(WIDTH + 1)
    piece = stream[starts[:, None] + offsets]
    return piece[:, :-1], piece[:, -1]


model = TiedLM(len(letters))
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 1200)
for step in range(1200):
    x, y = windows(train, torch.randint(0, len(train) - WIDTH, (128,)))
    loss = F.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if step % 200 == 199:
        print(f"step {step + 1}: {loss.item():.3f}")

model.eval()
with torch.no_grad():
    x, y = windows(test, torch.arange(0, len(test) - WIDTH, 3))
    print("score", -F.cross_entropy(model(x), y).item())
