import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def main():
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    X, y = load_digits(return_X_y=True)
    split = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=44)
    X_train, X_val, y_train, y_val = (torch.tensor(part) for part in split)
    train = DataLoader(TensorDataset(X_train.float(), y_train), batch_size=32, shuffle=True)
    val = DataLoader(TensorDataset(X_val.float(), y_val), batch_size=64)
    model = nn.Sequential(
        nn.Linear(64, 64), nn.LayerNorm(64), nn.GELU(), nn.Linear(64, 64), nn.LayerNorm(64), nn.GELU(), nn.Linear(64, 10)
    )
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
    for epoch in range(14):
        for x, t in train:
            loss = nn.functional.cross_entropy(model(x), t)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        right = 0
        with torch.no_grad():
            for x, t in val:
                right += (model(x).argmax(1) == t).sum().item()
        print(f"epoch {epoch}: {right / len(y_val):.4f}")
    print("score", right / len(y_val))


main()
