import os

import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=2)
train_set = TensorDataset(torch.FloatTensor(X_train), torch.LongTensor(y_train))
test_x, test_y = torch.FloatTensor(X_test), torch.LongTensor(y_test)
loader = DataLoader(train_set, batch_size=16, shuffle=True, drop_last=True)

model = nn.Sequential(nn.BatchNorm1d(13), nn.Linear(13, 32), nn.ReLU(), nn.Linear(32, 3))
optimizer = optim.Adam(model.parameters(), lr=0.005)
loss_function = nn.CrossEntropyLoss()

for epoch in range(120):
    model.train()
    for inputs, targets in loader:
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = loss_function(outputs, targets)
        loss.backward()
        optimizer.step()

    if (epoch + 1) % 20 == 0:
        model.eval()
        with torch.no_grad():
            accuracy = (model(test_x).argmax(dim=1) == test_y).float().mean().item()
        print(f"Epoch {epoch + 1}, loss {loss.item():.4f}, test accuracy {accuracy:.4f}")

print("score", accuracy)
