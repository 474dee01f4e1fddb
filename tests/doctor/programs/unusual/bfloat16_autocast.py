import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=450, stratify=y, random_state=14)
X_train = torch.tensor(X_train / 8 - 1, dtype=torch.float32)
X_test = torch.tensor(X_test / 8 - 1, dtype=torch.float32)
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)

model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(12):
    model.train()
    for rows in torch.randperm(len(X_train)).split(32):
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(X_train[rows])
            loss = criterion(logits, y_train[rows])
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", loss.item())

model.eval()
with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
    accuracy = (model(X_test).float().argmax(1) == y_test).float().mean().item()
print("score", accuracy)
