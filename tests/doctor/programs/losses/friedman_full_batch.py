import os

import torch
from sklearn.datasets import make_friedman1

seed = int(os.environ.get("SEED", 0))
generator = torch.Generator().manual_seed(seed)
torch.manual_seed(seed)

x, y = make_friedman1(n_samples=1500, n_features=10, noise=0.5, random_state=seed)
x = torch.from_numpy(x).float()
y = torch.from_numpy(y).float().unsqueeze(1)

order = torch.randperm(len(x), generator=generator)
fit, held = order[:1000], order[1000:]
mean, std = y[fit].mean(), y[fit].std()
x = (x - x[fit].mean(0)) / x[fit].std(0)
y = (y - mean) / std


class Regressor(torch.nn.Module):
    def __init__(self, inputs=10, width=48):
        super().__init__()
        self.l1 = torch.nn.Linear(inputs, width)
        self.l2 = torch.nn.Linear(width, width)
        self.l3 = torch.nn.Linear(width, 1)

    def features(self, x):
        x = torch.tanh(self.l1(x))
        return torch.tanh(self.l2(x))

    def forward(self, x):
        return self.l3(self.features(x))


def r_squared(prediction, truth):
    residual = ((truth - prediction) ** 2).sum()
    return 1 - residual / ((truth - truth.mean()) ** 2).sum()


net = Regressor()
opt = torch.optim.Adam(net.parameters(), lr=0.005)

for step in range(1000):
    opt.zero_grad()
    pred = net(x[fit])
    loss = ((pred - y[fit]) ** 2).mean()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        with torch.no_grad():
            print(step, f"loss {loss.item():.4f}", f"held-out R2 {r_squared(net(x[held]), y[held]):.4f}")

with torch.no_grad():
    print("score", float(r_squared(net(x[held]), y[held])))
