import argparse
import os

import numpy as np
import torch
from sklearn.datasets import load_wine

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=5e-5)
parser.add_argument("--epochs", type=int, default=3000)
parser.add_argument("--hidden", type=int, default=400)
args = parser.parse_args()

torch.manual_seed(int(os.environ.get("SEED", 0)))
features, cultivar = load_wine(return_X_y=True)
order = np.random.default_rng(7).permutation(len(features))
train, test = order[:120], order[120:]
mean, std = features[train].mean(0), features[train].std(0)
features = torch.tensor((features - mean) / std, dtype=torch.float32)
cultivar = torch.tensor(cultivar)

model = torch.nn.Sequential(
    torch.nn.Linear(13, args.hidden), torch.nn.ReLU(), torch.nn.Linear(args.hidden, 3)
)
optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
criterion = torch.nn.CrossEntropyLoss()

for epoch in range(1, args.epochs + 1):
    loss = criterion(model(features[train]), cultivar[train])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 500 == 0:
        print(f"epoch {epoch:5d}  train loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    guess = model(features[test]).argmax(-1)
print("score", (guess == cultivar[test]).double().mean().item())
