import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=13)
train_loader = DataLoader(TensorDataset(torch.tensor(X_train).float(), torch.tensor(y_train)), 32, shuffle=True)
X_test, y_test = torch.tensor(X_test).float(), torch.tensor(y_test)


class BayesianByDropout(nn.Module):
    def __init__(self, p=0.25):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(64, 128), nn.Linear(128, 64), nn.Linear(64, 10)
        self.drop = nn.Dropout(p)

    def forward(self, x):
        x = self.drop(torch.relu(self.fc1(x)))
        x = self.drop(torch.relu(self.fc2(x)))
        return self.fc3(x)

    @torch.no_grad()
    def sample(self, x, draws):
        self.eval()
        self.drop.train()
        return torch.stack([self(x).softmax(-1) for _ in range(draws)])


model = BayesianByDropout()
optimizer = torch.optim.Adam(model.parameters(), lr=1.5e-3)
for epoch in range(20):
    model.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
    draws = model.sample(X_test, 5)
    print(f"epoch {epoch}: spread {draws.std(0).mean():.4f}")

draws = model.sample(X_test, 30)
print("score", (draws.mean(0).argmax(1) == y_test).float().mean().item())
