import os

import torch
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, y = load_diabetes(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=2)
x_scaler = StandardScaler().fit(X_train)
y_scaler = StandardScaler().fit(y_train[:, None])
train = TensorDataset(
    torch.tensor(x_scaler.transform(X_train), dtype=torch.float32),
    torch.tensor(y_scaler.transform(y_train[:, None]), dtype=torch.float32),
)
loader = DataLoader(train, batch_size=16, shuffle=True)
X_test = torch.tensor(x_scaler.transform(X_test), dtype=torch.float32)

model = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.1)
mse = nn.MSELoss()
for epoch in range(50):
    model.train()
    total = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = mse(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(xb)
    if (epoch + 1) % 10 == 0:
        print(f"epoch {epoch + 1}: mse {total / len(train):.3f}")

model.eval()
with torch.no_grad():
    predicted = y_scaler.inverse_transform(model(X_test).numpy())
print("score", r2_score(y_test, predicted.ravel()))
