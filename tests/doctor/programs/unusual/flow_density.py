import os

import torch
from sklearn.datasets import make_moons
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
points, _ = make_moons(2500, noise=0.06, random_state=seed)
points = 0.4 * torch.tensor(points, dtype=torch.float32)
train, test = points[:2000], points[2000:]
shift, scale = train.mean(0), train.std(0)


class Coupling(nn.Module):
    def __init__(self, flip):
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(1, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))

    def forward(self, x):
        a, b = x.chunk(2, dim=1)
        if self.flip:
            a, b = b, a
        log_s, t = self.net(a).chunk(2, dim=1)
        log_s = 2 * torch.tanh(log_s / 2)
        b = b * log_s.exp() + t
        return torch.cat([b, a] if self.flip else [a, b], dim=1), log_s.squeeze(1)


class Flow(nn.Module):
    def __init__(self, depth=6):
        super().__init__()
        self.couplings = nn.ModuleList(Coupling(i % 2 == 1) for i in range(depth))
        self.base = torch.distributions.Normal(0.0, 1.0)

    def log_prob(self, x):
        z = (x - shift) / scale
        total = -scale.log().sum().expand(len(x))
        for coupling in self.couplings:
            z, log_det = coupling(z)
            total = total + log_det
        return total + self.base.log_prob(z).sum(1)


flow = Flow()
optimizer = torch.optim.Adam(flow.parameters(), lr=2e-3)
for epoch in range(25):
    for rows in torch.randperm(len(train)).split(100):
        loss = -flow.log_prob(train[rows]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        held_out = flow.log_prob(test).mean().item()
    print(f"epoch {epoch}: train loss {loss.item():.3f}, test log density {held_out:.3f}")
print("score", held_out)
