import os

import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_breast_cancer(return_X_y=True)
y = 2 * y - 1
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
prep = make_pipeline(StandardScaler()).fit(X_train)
X_train, X_test = torch.tensor(prep.transform(X_train)).float(), torch.tensor(prep.transform(X_test)).float()
y_train, y_test = torch.tensor(y_train).float(), torch.tensor(y_test).float()


class LinearSVM(torch.nn.Module):
    def __init__(self, n_features):
        super().__init__()
        self.plane = torch.nn.Linear(n_features, 1)

    def forward(self, x):
        return self.plane(x).view(-1)

    def penalty(self):
        return self.plane.weight.pow(2).sum()


svm = LinearSVM(30)
optimizer = torch.optim.SGD(svm.parameters(), lr=0.01, momentum=0.9)
for epoch in range(100):
    for rows in torch.randperm(len(X_train)).split(32):
        margin = y_train[rows] * svm(X_train[rows])
        loss = torch.clamp(1 - margin, min=0).pow(2).mean() + 1e-2 * svm.penalty()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 20 == 19:
        print(f"epoch {epoch + 1} loss {loss.item():.4f}")

with torch.no_grad():
    accuracy = (svm(X_test).sign() == y_test).float().mean().item()
print("score", accuracy)
