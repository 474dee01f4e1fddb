import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


class Deep(nn.Module):
    def __init__(self, width=64, depth=4, classes=10):
        super().__init__()
        sizes = [64] + [width] * depth
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:])])
        self.helpers = nn.ModuleList([nn.Linear(width, classes) for _ in range(depth - 1)])
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        extra = []
        for i, layer in enumerate(self.layers):
            x = torch.relu(layer(x))
            if self.training and i < len(self.helpers):
                extra.append(self.helpers[i](x))
        return self.head(x), extra


X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X / 16, y, test_size=0.25, stratify=y, random_state=3)
train_loader = DataLoader(TensorDataset(torch.tensor(X_train).float(), torch.tensor(y_train)), 32, shuffle=True)
val_loader = DataLoader(TensorDataset(torch.tensor(X_val).float(), torch.tensor(y_val)), 450)

net, criterion = Deep(), nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=4e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20)
for epoch in range(20):
    net.train()
    for x, t in train_loader:
        out, extra = net(x)
        loss = criterion(out, t) + 0.3 * sum(criterion(e, t) for e in extra)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    net.eval()
    with torch.no_grad():
        for x, t in val_loader:
            accuracy = (net(x)[0].argmax(1) == t).float().mean().item()
    print(epoch, loss.item(), accuracy)
print("score", accuracy)
