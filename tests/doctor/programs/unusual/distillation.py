import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
T, ALPHA = 3.0, 0.7

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=9)
loader = DataLoader(TensorDataset(torch.tensor(X_train).float(), torch.tensor(y_train)), batch_size=64, shuffle=True)
X_test, y_test = torch.tensor(X_test).float(), torch.tensor(y_test)

teacher = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
student = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


def accuracy(model):
    model.eval()
    with torch.no_grad():
        return (model(X_test).argmax(1) == y_test).float().mean().item()


optimizer = torch.optim.Adam(teacher.parameters(), lr=2e-3)
for epoch in range(15):
    teacher.train()
    for x, t in loader:
        optimizer.zero_grad()
        F.cross_entropy(teacher(x), t).backward()
        optimizer.step()
print("teacher", accuracy(teacher))

teacher.eval()
optimizer = torch.optim.Adam(student.parameters(), lr=5e-3)
for epoch in range(30):
    student.train()
    for x, t in loader:
        with torch.no_grad():
            soft = F.softmax(teacher(x) / T, dim=1)
        logits = student(x)
        hint = F.kl_div(F.log_softmax(logits / T, dim=1), soft, reduction="batchmean") * T * T
        loss = ALPHA * hint + (1 - ALPHA) * F.cross_entropy(logits, t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 10 == 9:
        print("student, epoch", epoch + 1, accuracy(student))
print("score", accuracy(student))
