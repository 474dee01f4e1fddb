import os

import torch
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


class Scaled(nn.Module):
    def __init__(self, x, y):
        super().__init__()
        self.register_buffer("x_mean", x.mean(0))
        self.register_buffer("x_std", x.std(0))
        self.register_buffer("y_mean", y.mean())
        self.register_buffer("y_std", y.std())
        self.body = nn.Sequential(nn.Linear(x.shape[1], 24), nn.Tanh(), nn.Linear(24, 1))

    def forward(self, x):
        z = self.body((x - self.x_mean) / self.x_std).squeeze(1)
        return self.y_mean + self.y_std * z


X, y = load_diabetes(return_X_y=True, scaled=False)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=3)
X_train, X_test, y_train, y_test = (torch.tensor(a).float() for a in (X_train, X_test, y_train, y_test))
loader = DataLoader(TensorDataset(X_train, y_train), batch_size=20, shuffle=True)
model = Scaled(X_train, y_train)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.3)
for epoch in range(50):
    model.train()
    for x, t in loader:
        loss = nn.functional.mse_loss(model(x), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        rmse = nn.functional.mse_loss(model(X_test), y_test).sqrt().item()
    if epoch % 10 == 9:
        print("epoch", epoch + 1, "rmse", round(rmse, 2))
print("score", 1 - rmse**2 / y_test.var(unbiased=False).item())
