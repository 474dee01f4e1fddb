"""Progression of diabetes after one year, from ten measurements."""

import copy
import os

import numpy as np
import torch
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Regressor(nn.Module):
    def __init__(self, n_in, n_hidden=32, p=0.1):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(n_in, n_hidden), nn.GELU(), nn.Dropout(p))
        self.head = nn.Linear(n_hidden, 1)

    def forward(self, x):
        return self.head(self.body(x)).squeeze(-1)


class Trainer:
    def __init__(self, model, lr=3e-3, weight_decay=1e-2, patience=15, max_epochs=50):
        self.model = model
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=weight_decay)
        self.loss = nn.MSELoss()
        self.patience = patience
        self.max_epochs = max_epochs

    def run_epoch(self, loader):
        self.model.train()
        losses = []
        for x, y in loader:
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.loss(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            losses.append(loss.item())
        return np.mean(losses)

    @torch.no_grad()
    def predict(self, x):
        self.model.eval()
        return self.model(x)

    def fit(self, loader, x_val, y_val):
        best, best_state, waited = float("inf"), None, 0
        for epoch in range(self.max_epochs):
            train_loss = self.run_epoch(loader)
            val_loss = self.loss(self.predict(x_val), y_val).item()
            if val_loss < best:
                best, best_state, waited = val_loss, copy.deepcopy(self.model.state_dict()), 0
            else:
                waited += 1
            if epoch % 5 == 0:
                print(f"epoch {epoch}: {train_loss:.4f} / {val_loss:.4f}")
            if waited >= self.patience:
                print("stopped at epoch", epoch)
                break
        self.model.load_state_dict(best_state)


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)

    bunch = load_diabetes(scaled=False)
    inputs, progression = bunch.data, bunch.target
    rows = np.random.default_rng(29).permutation(len(inputs))
    train, val, test = rows[:280], rows[280:350], rows[350:]

    inputs = (inputs - inputs[train].mean(0)) / inputs[train].std(0)
    center, spread = progression[train].mean(), progression[train].std()
    inputs = torch.from_numpy(inputs).float()
    targets = torch.from_numpy((progression - center) / spread).float()

    loader = DataLoader(TensorDataset(inputs[train], targets[train]), batch_size=32, shuffle=True)
    trainer = Trainer(Regressor(inputs.shape[1]))
    trainer.fit(loader, inputs[val], targets[val])

    predicted = trainer.predict(inputs[test]).numpy() * spread + center
    r2 = r2_score(progression[test], predicted)
    print("score", r2)


if __name__ == "__main__":
    main()
