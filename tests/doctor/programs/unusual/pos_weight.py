import argparse
import os

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def get_data():
    X, y = load_breast_cancer(return_X_y=True)
    malignant = 1 - y
    X_train, X_test, y_train, y_test = train_test_split(
        X, malignant, test_size=0.4, stratify=malignant, random_state=3
    )
    drop = np.flatnonzero(y_train == 1)[::2]
    X_train, y_train = np.delete(X_train, drop, 0), np.delete(y_train, drop)
    scaler = StandardScaler().fit(X_train)
    return scaler.transform(X_train), scaler.transform(X_test), y_train, y_test


def main(args):
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    X_train, X_test, y_train, y_test = get_data()
    train = TensorDataset(
        torch.tensor(X_train, dtype=torch.float32), torch.tensor(y_train, dtype=torch.float32).unsqueeze(1)
    )
    loader = DataLoader(train, batch_size=args.batch_size, shuffle=True)
    model = nn.Sequential(nn.Linear(30, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1))
    ratio = (y_train == 0).sum() / (y_train == 1).sum()
    print("negatives per positive:", ratio)
    criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor([ratio], dtype=torch.float32))
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        positive = model(torch.tensor(X_test, dtype=torch.float32)).squeeze(1) > 0
    print("score", balanced_accuracy_score(y_test, positive.numpy()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--batch-size", type=int, default=16)
    main(parser.parse_args())
