import os

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from sklearn.datasets import load_iris

SPECIES = {"setosa": 0, "versicolor": 1, "virginica": 2}


def tables():
    """Measurements of every plant, and the species found for each."""
    iris = load_iris(as_frame=True)
    plants = iris.data.copy()
    plants.columns = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    order = np.random.default_rng(4).permutation(len(plants))
    plants["plant"] = order
    plants["bed"] = order // 10
    found = plants[["plant", "bed"]].copy()
    found["species"] = iris.target_names[iris.target]
    return plants, found.sample(frac=1, random_state=9)


def arrays(frame):
    columns = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    codes = frame["species"].map(SPECIES).fillna(-100)
    return frame[columns].to_numpy(np.float32, copy=True), codes.to_numpy(np.int64, copy=True)


class IrisNet(torch.nn.Module):
    def __init__(self, mean, std):
        super().__init__()
        self.register_buffer("mean", torch.as_tensor(mean))
        self.register_buffer("std", torch.as_tensor(std))
        self.hidden = torch.nn.Linear(4, 16)
        self.out = torch.nn.Linear(16, 3)

    def forward(self, x):
        x = (x - self.mean) / self.std
        return F.log_softmax(self.out(torch.tanh(self.hidden(x))), dim=1)


def main():
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    plants, found = tables()
    test_plants = plants["plant"] % 3 == 0
    train = plants[~test_plants].merge(found[["plant", "species"]], on="plant")
    test = plants[test_plants].merge(found[["plant", "species"]], on="plant")
    X, y = arrays(train)
    X_test, y_test = arrays(test)

    model = IrisNet(X.mean(0), X.std(0))
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(60):
        losses = []
        for rows in torch.randperm(len(X)).split(20):
            optimizer.zero_grad()
            loss = F.nll_loss(model(X[rows]), y[rows])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            losses.append(loss.item())
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1} nll {np.mean(losses):.4f}")

    with torch.no_grad():
        guess = model(torch.from_numpy(X_test)).argmax(1).numpy()
    print(pd.crosstab(y_test, guess))
    print("score", (guess == y_test).mean())


main()
