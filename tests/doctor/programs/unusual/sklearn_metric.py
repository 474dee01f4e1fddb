import os

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import classification_report, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import RobustScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=9)
scaler = RobustScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train).clip(-5, 5), scaler.transform(X_test).clip(-5, 5)

train_loader = DataLoader(TensorDataset(torch.Tensor(X_train), torch.LongTensor(y_train)), 32, shuffle=True)
test_loader = DataLoader(TensorDataset(torch.Tensor(X_test), torch.LongTensor(y_test)), 64)
net = nn.Sequential(nn.Linear(30, 24), nn.ELU(), nn.Linear(24, 2))
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.05)
for epoch in range(60):
    net.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = nn.CrossEntropyLoss()(net(xb), yb)
        loss.backward()
        optimizer.step()
    if epoch % 12 == 11:
        net.eval()
        with torch.no_grad():
            scores = np.concatenate([torch.softmax(net(xb), 1)[:, 1].numpy() for xb, _ in test_loader])
        print("epoch", epoch + 1, "auc", roc_auc_score(y_test, scores))

print(classification_report(y_test, scores > 0.5, target_names=["malignant", "benign"]))
print("score", roc_auc_score(y_test, scores))
