import os

import torch
from sklearn.datasets import make_friedman2
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
X, y = make_friedman2(1500, noise=40.0, random_state=seed)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
sx, sy = StandardScaler().fit(X_train), StandardScaler().fit(y_train.reshape(-1, 1))
train = TensorDataset(
    torch.tensor(sx.transform(X_train)).float(), torch.tensor(sy.transform(y_train.reshape(-1, 1))).float()
)
loader = DataLoader(train, batch_size=32, shuffle=True)
net = nn.Sequential(nn.Linear(4, 48), nn.GELU(), nn.Linear(48, 48), nn.GELU(), nn.Linear(48, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3, eps=1e-3)
for epoch in range(30):
    net.train()
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = nn.functional.smooth_l1_loss(net(xb), yb)
        loss.backward()
        optimizer.step()
    if epoch % 6 == 5:
        print("epoch", epoch + 1, "loss", loss.item())
net.eval()
with torch.no_grad():
    prediction = sy.inverse_transform(net(torch.tensor(sx.transform(X_test)).float()).numpy())
print("score", r2_score(y_test, prediction))
