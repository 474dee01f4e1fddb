import copy
import os

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

# the lower half of a digit is to be told from the upper half, and few digits are at hand
pixels = torch.tensor(load_digits().data, dtype=torch.float32) / 16
order = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(3))
upper, lower = pixels[order, :32], pixels[order, 32:]
train_x, train_y = upper[:120], lower[:120]
val_x, val_y = upper[120:320], lower[120:320]
test_x, test_y = upper[320:], lower[320:]

model = nn.Sequential(
    nn.Linear(32, 256),
    nn.ReLU(),
    nn.Linear(256, 256),
    nn.ReLU(),
    nn.Linear(256, 32),
)
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)


def loss_on(x, y):
    model.eval()
    with torch.no_grad():
        return criterion(model(x), y).item()


best_loss, best_weights, best_epoch, patience = float("inf"), None, 0, 20

for epoch in range(300):
    model.train()
    for rows in torch.randperm(len(train_x)).split(20):
        optimizer.zero_grad()
        loss = criterion(model(train_x[rows]), train_y[rows])
        loss.backward()
        optimizer.step()

    val_loss = loss_on(val_x, val_y)
    if epoch % 10 == 0:
        print(f"epoch {epoch}: train {loss_on(train_x, train_y):.4f}, validation {val_loss:.4f}")
    if val_loss < best_loss:
        best_loss, best_weights, best_epoch = val_loss, copy.deepcopy(model.state_dict()), epoch
    if epoch - best_epoch >= patience:
        print(f"no better for {patience} epochs, back to epoch {best_epoch}")
        model.load_state_dict(best_weights)
        break

mean_loss = criterion(train_y.mean(0).expand_as(test_y), test_y).item()
print("score", 1 - loss_on(test_x, test_y) / mean_loss)
