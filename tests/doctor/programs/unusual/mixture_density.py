import math
import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

t = torch.rand(3000, 1)
x = t + 0.3 * torch.sin(2 * math.pi * t) + 0.02 * torch.randn(3000, 1)
x_train, t_train, x_test, t_test = x[:2500], t[:2500], x[2500:], t[2500:]


class MDN(nn.Module):
    def __init__(self, components=8):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(1, 50), nn.Tanh(), nn.Linear(50, 50), nn.Tanh())
        self.weights = nn.Linear(50, components)
        self.means = nn.Linear(50, components)
        self.log_stds = nn.Linear(50, components)

    def forward(self, x):
        h = self.hidden(2 * x - 1)
        return self.weights(h).log_softmax(1), self.means(h), self.log_stds(h).clamp(-5, 2)


def nll(output, target):
    log_weights, means, log_stds = output
    z = (target - means) / log_stds.exp()
    log_density = -0.5 * z**2 - log_stds - 0.5 * math.log(2 * math.pi)
    return -torch.logsumexp(log_weights + log_density, dim=1).mean()


model = MDN()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 40)
for epoch in range(40):
    for rows in torch.randperm(len(x_train)).split(125):
        optimizer.zero_grad()
        loss = nll(model(x_train[rows]), t_train[rows])
        loss.backward()
        optimizer.step()
    scheduler.step()
    if epoch % 5 == 4:
        with torch.no_grad():
            print("epoch", epoch + 1, "test nll", round(nll(model(x_test), t_test).item(), 3))

with torch.no_grad():
    print("score", -nll(model(x_test), t_test).item())
