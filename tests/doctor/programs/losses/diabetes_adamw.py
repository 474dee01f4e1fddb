import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from torch.utils.data import DataLoader, Dataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)


class DiabetesData(Dataset):
    def __init__(self, features, targets):
        self.features = torch.tensor(features, dtype=torch.float32)
        self.targets = torch.tensor(targets, dtype=torch.float32)

    def __len__(self):
        return len(self.features)

    def __getitem__(self, index):
        return self.features[index], self.targets[index]


features, targets = load_diabetes(return_X_y=True)
x_train, x_test, t_train, t_test = train_test_split(features, targets, test_size=0.25, random_state=5)

x_scaler = StandardScaler().fit(x_train)
t_scaler = MinMaxScaler().fit(t_train[:, None])
train_set = DiabetesData(x_scaler.transform(x_train), t_scaler.transform(t_train[:, None]))
test_set = DiabetesData(x_scaler.transform(x_test), t_scaler.transform(t_test[:, None]))
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(test_set, batch_size=len(test_set))

model = nn.Sequential(
    nn.Linear(10, 32),
    nn.ReLU(),
    nn.Dropout(0.1),
    nn.Linear(32, 1),
)
loss_fn = nn.MSELoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)

EPOCHS = 60
for epoch in range(EPOCHS):
    model.train()
    losses = []
    for inputs, labels in train_loader:
        outputs = model(inputs)
        loss = loss_fn(outputs, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    model.eval()
    with torch.no_grad():
        inputs, labels = next(iter(test_loader))
        test_loss = loss_fn(model(inputs), labels).item()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1:3d}: train mse {np.mean(losses):.4f}, test mse {test_loss:.4f}")

with torch.no_grad():
    predicted = model(test_set.features).squeeze(1)
    true = test_set.targets.squeeze(1)
r2 = 1 - ((predicted - true) ** 2).sum() / ((true - true.mean()) ** 2).sum()
print("score", round(r2.item(), 4))
