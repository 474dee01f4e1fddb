import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

TAGS = {
    "even": {0, 2, 4, 6, 8},
    "has a hole": {0, 4, 6, 8, 9},
    "prime": {2, 3, 5, 7},
    "square": {0, 1, 4, 9},
    "more than four": {5, 6, 7, 8, 9},
}


def tag_records(digits):
    """Rows and tags, one record for each tag that a digit bears."""
    records = [
        (row, tag)
        for row, digit in enumerate(digits)
        for tag, members in enumerate(TAGS.values())
        if digit in members
    ]
    rows, tags = torch.tensor(records).T
    return rows, tags


def tensors(pixels, digits):
    X = torch.tensor(pixels / 8 - 1, dtype=torch.float32)
    rows, tags = tag_records(digits.tolist())
    Y = torch.zeros(len(X), len(TAGS))
    Y[rows, tags] = 1.0
    return X, Y


def f1(predicted, wanted):
    both = (predicted * wanted).sum(dim=0)
    return 2 * both / (predicted.sum(dim=0) + wanted.sum(dim=0))


def evaluate(model, loader):
    model.eval()
    predicted, wanted = [], []
    with torch.inference_mode():
        for x, y in loader:
            predicted.append((model(x).sigmoid() > 0.5).float())
            wanted.append(y)
    return f1(torch.cat(predicted), torch.cat(wanted))


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    pixels, digits = load_digits(return_X_y=True)
    pixels, pixels_test, digits, digits_test = train_test_split(pixels, digits, random_state=seed)
    train_loader = DataLoader(TensorDataset(*tensors(pixels, digits)), batch_size=40, shuffle=True)
    test_loader = DataLoader(TensorDataset(*tensors(pixels_test, digits_test)), batch_size=512)

    model = nn.Sequential(
        nn.Linear(64, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Dropout(0.2), nn.Linear(96, len(TAGS))
    )
    loss_function = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    for epoch in range(20):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = loss_function(model(x), y)
            loss.backward()
            optimizer.step()
        if (epoch + 1) % 4 == 0:
            print(epoch + 1, loss.item(), evaluate(model, test_loader).mean().item())

    scores = evaluate(model, test_loader)
    for name, value in zip(TAGS, scores.tolist()):
        print(f"{name:15} {value:.3f}")
    print("score", scores.mean().item())


main()
