import argparse
import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--temperature", type=float, default=3.0)
parser.add_argument("--alpha", type=float, default=0.7)
parser.add_argument("--batch-size", type=int, default=40)
parser.add_argument("--teacher-epochs", type=int, default=12)
parser.add_argument("--student-epochs", type=int, default=30)
parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED", 0)))
args = parser.parse_args()

torch.manual_seed(args.seed)
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=7)
X_train, X_test = (torch.tensor(a / 16.0).float() for a in (X_train, X_test))
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)


def batches():
    for rows in torch.randperm(len(X_train)).split(args.batch_size):
        yield X_train[rows], y_train[rows]


def accuracy(network):
    network.eval()
    with torch.no_grad():
        return (network(X_test).argmax(1) == y_test).float().mean().item()


teacher = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 10))
student = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))

optimizer = torch.optim.Adam(teacher.parameters(), lr=2e-3)
for epoch in range(args.teacher_epochs):
    teacher.train()
    for xb, yb in batches():
        optimizer.zero_grad()
        F.cross_entropy(teacher(xb), yb).backward()
        optimizer.step()
print(f"teacher accuracy {accuracy(teacher):.4f}")

teacher.eval()
T = args.temperature


def distillation_loss(student_logits, teacher_logits, labels):
    soft = F.kl_div(
        F.log_softmax(student_logits / T, dim=1),
        F.softmax(teacher_logits / T, dim=1),
        reduction="batchmean",
    )
    hard = F.cross_entropy(student_logits, labels)
    return args.alpha * T * T * soft + (1 - args.alpha) * hard


optimizer = torch.optim.Adam(student.parameters(), lr=3e-3)
for epoch in range(args.student_epochs):
    student.train()
    for xb, yb in batches():
        with torch.no_grad():
            target = teacher(xb)
        loss = distillation_loss(student(xb), target, yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 4:
        print(f"student epoch {epoch + 1} loss {loss.item():.4f} accuracy {accuracy(student):.4f}")

print("score", accuracy(student))
