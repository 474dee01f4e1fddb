import os
from pydoc_data.topics import topics

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
text = " ".join(" ".join(topics[k].lower().split()) for k in ("compound", "specialnames", "string-methods"))
alphabet = sorted(set(text))
stream = torch.tensor([alphabet.index(c) + 1 for c in text])
pieces = stream.split(1000)
train = torch.cat([p for i, p in enumerate(pieces) if i % 10])
test = torch.cat(pieces[::10])
LENGTH, HIDDEN = 64, 0


def batch(source, n):
    starts = torch.randint(0, len(source) - LENGTH, (n, 1))
    tokens = source[starts + torch.arange(LENGTH)]
    hide = torch.rand(tokens.shape) < 0.125
    return tokens.masked_fill(hide, HIDDEN), tokens.masked_fill(~hide, -100)


class Filler(nn.Module):
    def __init__(self, vocab, dim=48):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.convs = nn.ModuleList(nn.Conv1d(dim, dim, 7, padding=3) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(2))
        self.out = nn.Linear(dim, vocab)

    def forward(self, tokens):
        h = self.embed(tokens)
        for conv, norm in zip(self.convs, self.norms):
            h = h + torch.relu(conv(norm(h).transpose(1, 2))).transpose(1, 2)
        return self.out(h)


model = Filler(len(alphabet) + 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=300)
criterion = nn.CrossEntropyLoss(ignore_index=-100)
for step in range(300):
    shown, wanted = batch(train, 24)
    loss = criterion(model(shown).flatten(0, 1), wanted.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if step % 60 == 59:
        print(f"step {step + 1}: {loss.item():.3f}")

model.eval()
with torch.no_grad():
    shown, wanted = batch(test, 300)
    hidden = wanted != -100
    print("score", (model(shown).argmax(-1)[hidden] == wanted[hidden]).float().mean().item())
