"""The adding problem: a sequence of numbers, two of them marked; give their sum."""
import argparse
import os

import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_


def make_batch(n, length, generator):
    numbers = torch.rand(n, length, generator=generator)
    marks = torch.zeros(n, length)
    half = length // 2
    first = torch.randint(0, half, (n,), generator=generator)
    second = torch.randint(half, length, (n,), generator=generator)
    rows = torch.arange(n)
    marks[rows, first] = 1.0
    marks[rows, second] = 1.0
    return torch.stack([numbers, marks], dim=2), (numbers * marks).sum(1, keepdim=True)


class Adder(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.rnn = nn.LSTM(2, hidden, batch_first=True)
        self.readout = nn.Linear(hidden, 1)
        nn.init.constant_(self.rnn.bias_ih_l0[hidden : 2 * hidden], 2.0)  # remember by default

    def forward(self, x):
        states, _ = self.rnn(x)
        return self.readout(states[:, -1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--length", type=int, default=20)
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--clip", type=float, default=1.0)
    args = parser.parse_args()

    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    test_x, test_y = make_batch(1000, args.length, torch.Generator().manual_seed(12345))

    model = Adder(args.hidden)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, args.steps)
    mse = nn.MSELoss()

    model.train()
    for step in range(args.steps):
        x, y = make_batch(args.batch_size, args.length, generator)
        loss = mse(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        clip_grad_norm_(model.parameters(), args.clip)
        optimizer.step()
        scheduler.step()
        if step % 100 == 0:
            print(f"step {step} mse {loss.item():.4f}")

    model.eval()
    with torch.no_grad():
        test_mse = mse(model(test_x), test_y)
    print("test mse", test_mse.item(), "(predicting the mean:", test_y.var().item(), ")")
    print("score", 1 - (test_mse / test_y.var()).item())


if __name__ == "__main__":
    main()
