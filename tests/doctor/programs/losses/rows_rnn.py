import os

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class RowReader(nn.Module):
    """Reads an image one row of pixels at a time and names the digit after the last."""

    def __init__(self, inputs=8, hidden=48, classes=10):
        super().__init__()
        self.inputs = inputs
        self.rnn = nn.RNN(inputs, hidden, nonlinearity="relu", batch_first=True)
        self.head = nn.Linear(hidden, classes)
        self.reset_parameters()

    def reset_parameters(self):
        with torch.no_grad():
            nn.init.orthogonal_(self.rnn.weight_hh_l0)
            self.rnn.bias_hh_l0.zero_()
            self.rnn.bias_ih_l0.zero_()

    def forward(self, images):
        steps = images.view(len(images), -1, self.inputs)
        states, _ = self.rnn(steps)
        return self.head(states[:, -1])


def run_epoch(model, loader, loss_fn, optimizer=None):
    model.train(optimizer is not None)
    loss_sum, right, n = 0.0, 0, 0
    for images, labels in loader:
        with torch.set_grad_enabled(optimizer is not None):
            logits = model(images)
            loss = loss_fn(logits, labels)
        if optimizer is not None:
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        loss_sum += loss.item() * len(labels)
        right += (logits.argmax(1) == labels).sum().item()
        n += len(labels)
    return loss_sum / n, right / n


def main():
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    X, y = load_digits(return_X_y=True)
    everything = TensorDataset(torch.tensor(X / 16, dtype=torch.float32), torch.tensor(y))
    train, valid = random_split(everything, [1397, 400])
    train_loader = DataLoader(train, batch_size=32, shuffle=True)
    valid_loader = DataLoader(valid, batch_size=200)

    model = RowReader()
    loss_fn = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    for epoch in range(20):
        train_loss, train_acc = run_epoch(model, train_loader, loss_fn, optimizer)
        valid_loss, valid_acc = run_epoch(model, valid_loader, loss_fn)
        print(
            f"{epoch:2d} train loss {train_loss:.4f} acc {train_acc:.4f}"
            f" | valid loss {valid_loss:.4f} acc {valid_acc:.4f}"
        )
    print("score", valid_acc)


if __name__ == "__main__":
    main()
