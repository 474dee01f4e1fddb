import copy
import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.3, stratify=y, random_state=0)
X_lab, X_unlab, y_lab, _ = train_test_split(X_train, y_train, train_size=150, stratify=y_train, random_state=0)
X_lab, X_unlab, X_test = (torch.tensor(a, dtype=torch.float32) for a in (X_lab, X_unlab, X_test))
y_lab, y_test = torch.tensor(y_lab), torch.tensor(y_test)

student = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))
teacher = copy.deepcopy(student)
for p in teacher.parameters():
    p.requires_grad_(False)
optimizer = torch.optim.Adam(student.parameters(), lr=2e-3)


@torch.no_grad()
def update_teacher(decay=0.98):
    for t, s in zip(teacher.parameters(), student.parameters()):
        t.mul_(decay).add_(s, alpha=1 - decay)


steps = 1000
for step in range(steps):
    student.train()
    lab = torch.randint(len(X_lab), (32,))
    unlab = torch.randint(len(X_unlab), (64,))
    noisy = X_unlab[unlab] + 0.1 * torch.randn(64, 64)
    with torch.no_grad():
        aim = teacher(X_unlab[unlab]).softmax(1)
    ramp = min(1.0, step / (0.4 * steps))
    supervised = F.cross_entropy(student(X_lab[lab]), y_lab[lab])
    consistency = (student(noisy).softmax(1) - aim).pow(2).sum(1).mean()
    loss = supervised + 2.0 * ramp * consistency
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    update_teacher()
    if step % 200 == 199:
        print(f"step {step + 1}: supervised {supervised.item():.3f} consistency {consistency.item():.4f}")

teacher.eval()
with torch.no_grad():
    print("score", (teacher(X_test).argmax(1) == y_test).float().mean().item())
