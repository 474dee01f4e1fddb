import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def make(n):
    x = torch.rand(n, 2) * 2 - 1
    regime = torch.randint(0, 6, (n,))
    slope = torch.tensor([[3.0, 0], [0, 3], [-2, 2], [2, 2], [-3, 0], [0, -3]])[regime]
    y = (slope * x).sum(1) + torch.sin(3 * x[:, 0]) + 0.1 * torch.randn(n)
    return x, regime, y


class Experts(nn.Module):
    def __init__(self, n_experts=6):
        super().__init__()
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1)) for _ in range(n_experts)
        )

    def forward(self, x, route):
        out = x.new_zeros(len(x))
        for k in route.unique().tolist():
            rows = (route == k).nonzero().squeeze(1)
            out = out.index_add(0, rows, self.experts[k](x[rows]).squeeze(1))
        return out


x_train, r_train, y_train = make(1200)
x_test, r_test, y_test = make(500)
model = Experts()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(9):
    for rows in torch.randperm(len(x_train)).split(10):
        prediction = model(x_train[rows], r_train[rows])
        loss = ((prediction - y_train[rows]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        r2 = 1 - (model(x_test, r_test) - y_test).pow(2).mean() / y_test.var()
    print("epoch", epoch, "R2", r2.item())
print("score", r2.item())
