import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(int(os.environ.get("SEED", 0)))
X = torch.tensor(load_digits().data, dtype=torch.float32) / 16
X_train, X_test = train_test_split(X, test_size=0.25, random_state=5)


class Tied(nn.Module):
    def __init__(self, d_in=64, d_mid=96, d_code=12):
        super().__init__()
        self.w1 = nn.Parameter(torch.empty(d_mid, d_in))
        self.w2 = nn.Parameter(torch.empty(d_code, d_mid))
        for w in (self.w1, self.w2):
            nn.init.xavier_uniform_(w)
        self.b1, self.b2 = nn.Parameter(torch.zeros(d_mid)), nn.Parameter(torch.zeros(d_code))
        self.c1, self.c2 = nn.Parameter(torch.zeros(d_mid)), nn.Parameter(torch.zeros(d_in))

    def encode(self, x):
        return F.linear(F.elu(F.linear(x, self.w1, self.b1)), self.w2, self.b2)

    def decode(self, z):
        return F.linear(F.elu(F.linear(z, self.w2.t(), self.c1)), self.w1.t(), self.c2)

    def forward(self, x):
        return self.decode(self.encode(x))


net = Tied()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(60):
    for rows in torch.randperm(len(X_train)).split(64):
        loss = F.mse_loss(net(X_train[rows]), X_train[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 10 == 9:
        print("epoch", epoch + 1, "loss", loss.item())

with torch.no_grad():
    residual = (net(X_test) - X_test).square().sum()
print("score", (1 - residual / (X_test - X_train.mean(0)).square().sum()).item())
