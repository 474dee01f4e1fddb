import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def batch(n, length):
    bits = torch.randint(0, 2, (n, length))
    return bits, bits.cumsum(1) % 2


class Parity(nn.Module):
    def __init__(self, hidden=24):
        super().__init__()
        self.embed = nn.Embedding(2, 8)
        self.lstm = nn.LSTM(8, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 1)

    def forward(self, bits):
        h, _ = self.lstm(self.embed(bits))
        return self.out(h).squeeze(-1)


model = Parity()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for length, steps in ((2, 250), (4, 250), (8, 200), (12, 200)):
    for step in range(steps):
        bits, parity = batch(64, length)
        loss = nn.functional.binary_cross_entropy_with_logits(model(bits), parity.float())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    print(f"length {length}: loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    bits, parity = batch(1000, 12)
    print("score", ((model(bits) > 0).long() == parity).float().mean().item())
