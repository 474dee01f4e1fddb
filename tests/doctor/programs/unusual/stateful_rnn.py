import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

t = torch.arange(6000) * 0.1
series = torch.sin(t) + 0.5 * torch.sin(2.3 * t) + 0.1 * torch.randn(6000)
series = series / series[:4800].std()
train, test = series[:4800], series[4800:]
STREAMS, WINDOW = 8, 25


class Reader(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.rnn = nn.GRU(1, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 1)

    def forward(self, x, state=None):
        h, state = self.rnn(x, state)
        return self.out(h), state


def windows(signal, streams):
    length = (len(signal) - 1) // streams // WINDOW * WINDOW
    x = signal[: streams * length].view(streams, length, 1)
    y = signal[1 : streams * length + 1].view(streams, length, 1)
    for start in range(0, length, WINDOW):
        yield x[:, start : start + WINDOW], y[:, start : start + WINDOW]


model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
for epoch in range(20):
    model.train()
    state, losses = None, []
    for x, y in windows(train, STREAMS):
        prediction, state = model(x, state)
        state = state.detach()
        loss = nn.functional.mse_loss(prediction, y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1}: {sum(losses) / len(losses):.4f}")

model.eval()
with torch.no_grad():
    prediction, _ = model(test[None, :-1, None])
    error = (prediction[0, 50:, 0] - test[51:]).pow(2).mean()
print("score", (1 - error / test.var()).item())
