import os
from collections import defaultdict

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=18)
loader = DataLoader(TensorDataset(torch.tensor(X_train).float(), torch.tensor(y_train)), batch_size=32, shuffle=True)

model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
activity = defaultdict(list)
watching = []
for name, module in model.named_modules():
    if isinstance(module, nn.ReLU):
        watching.append(
            module.register_forward_hook(
                lambda _, __, out, name=name: activity[name].append((out.detach() > 0).float().mean().item())
            )
        )
for parameter in model.parameters():
    parameter.register_hook(lambda grad: grad.clamp(-0.5, 0.5))

optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(16):
    model.train()
    for x, t in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), t)
        loss.backward()
        optimizer.step()
    print("epoch", epoch, {name: round(sum(v) / len(v), 3) for name, v in activity.items()})
    activity.clear()
for handle in watching:
    handle.remove()

model.eval()
with torch.no_grad():
    print("score", (model(torch.tensor(X_test).float()).argmax(1) == torch.tensor(y_test)).float().mean().item())
