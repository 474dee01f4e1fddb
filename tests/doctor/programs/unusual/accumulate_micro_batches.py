import os

import torch
from sklearn.datasets import make_friedman1
from sklearn.metrics import r2_score

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
X, y = make_friedman1(2500, n_features=10, noise=0.5, random_state=seed)
X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor(y, dtype=torch.float32)
X_train, X_test, y_train, y_test = X[:2000], X[2000:], y[:2000], y[2000:]
centre, spread = y_train.mean(), y_train.std()
t_train = (y_train - centre) / spread

net = torch.nn.Sequential(
    torch.nn.Linear(10, 64), torch.nn.SiLU(), torch.nn.Linear(64, 64), torch.nn.SiLU(), torch.nn.Linear(64, 1)
)
optimizer = torch.optim.AdamW(net.parameters(), lr=4e-3, weight_decay=0.05)
for epoch in range(25):
    for batch in torch.randperm(2000).split(64):
        optimizer.zero_grad()
        total = 0.0
        for micro in batch.split(16):
            error = net(X_train[micro]).squeeze(1) - t_train[micro]
            loss = error.pow(2).sum()
            loss.backward()
            total += loss.item()
        for p in net.parameters():
            p.grad /= len(batch)
        optimizer.step()
    if epoch % 5 == 4:
        print("epoch", epoch + 1, "last batch mse", total / len(batch))

net.eval()
with torch.no_grad():
    prediction = net(X_test).squeeze(1) * spread + centre
print("score", r2_score(y_test.numpy(), prediction.numpy()))
