import os

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.float32)
labels = torch.tensor(digits.target)
permutation = torch.randperm(len(images))
images, labels = images[permutation], labels[permutation]
n_train = 1440


class RowReader(nn.Module):
    """Reads an image from top to bottom, a row at a time."""

    def __init__(self, hidden_size=80):
        super().__init__()
        self.gru = nn.GRU(input_size=8, hidden_size=hidden_size, batch_first=True)
        self.classify = nn.Linear(hidden_size, 10)

    def forward(self, images):
        states, _ = self.gru(images)
        return self.classify(states[:, -1])


reader = RowReader()
optimiser = torch.optim.Adam(reader.parameters(), lr=8e-3)
schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.05, total_iters=25)
log_loss = nn.CrossEntropyLoss()

for epoch in range(1, 26):
    reader.train()
    order = torch.randperm(n_train)
    for start in range(0, n_train, 48):
        batch = order[start : start + 48]
        optimiser.zero_grad()
        log_loss(reader(images[batch]), labels[batch]).backward()
        nn.utils.clip_grad_norm_(reader.parameters(), 5.0)
        optimiser.step()
    schedule.step()

    if epoch % 5 == 0:
        reader.eval()
        with torch.no_grad():
            logits = reader(images[n_train:])
        held_out = log_loss(logits, labels[n_train:]).item()
        share = (logits.argmax(1) == labels[n_train:]).float().mean().item()
        print(f"epoch {epoch}: held-out loss {held_out:.3f}, right {share:.3f}")

print("score", share)
