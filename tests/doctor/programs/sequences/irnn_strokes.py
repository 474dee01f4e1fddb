"""Digits, a row of pixels at a time: a recurrent network of rectifiers that starts as the identity."""
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", 0))
STEPS, INPUTS, HIDDEN = 8, 8, 64


class IRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(INPUTS, HIDDEN, nonlinearity="relu", batch_first=True)
        self.classifier = nn.Linear(HIDDEN, 10)
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.normal_(self.rnn.weight_ih_l0, std=0.3)
        nn.init.eye_(self.rnn.weight_hh_l0)
        nn.init.zeros_(self.rnn.bias_ih_l0)
        nn.init.zeros_(self.rnn.bias_hh_l0)

    def forward(self, x):
        _, last = self.rnn(x)
        return self.classifier(last.squeeze(0))


class Trainer:
    def __init__(self, model, lr=0.05, momentum=0.9, clip=1.0, batch_size=50):
        self.model, self.clip, self.batch_size = model, clip, batch_size
        self.optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
        return loss.item()

    def fit(self, x, y, x_val, y_val, epochs):
        schedule = torch.optim.lr_scheduler.LinearLR(self.optimizer, 1.0, 0.02, total_iters=epochs)
        for epoch in range(epochs):
            self.model.train()
            order = torch.randperm(len(x))
            losses = [self.step(x[i], y[i]) for i in order.split(self.batch_size)]
            schedule.step()
            print(f"{epoch:3d} loss {sum(losses) / len(losses):.3f} val {self.score(x_val, y_val):.3f}")

    @torch.no_grad()
    def score(self, x, y):
        self.model.eval()
        return (self.model(x).argmax(1) == y).float().mean().item()


def main():
    torch.manual_seed(SEED)
    X, y = load_digits(return_X_y=True)
    X = torch.tensor(X / 16, dtype=torch.float32).reshape(-1, STEPS, INPUTS)
    X_train, X_val, y_train, y_val = train_test_split(X, torch.tensor(y), test_size=0.25, random_state=7)
    trainer = Trainer(IRNN())
    trainer.fit(X_train, y_train, X_val, y_val, epochs=20)
    print("score", trainer.score(X_val, y_val))


if __name__ == "__main__":
    main()
