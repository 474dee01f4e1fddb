import os

import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import KBinsDiscretizer

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, y = load_breast_cancer(return_X_y=True)
X_tr, X_te, y_tr, y_te = train_test_split(X, y, test_size=0.3, random_state=4, stratify=y)
binner = KBinsDiscretizer(8, encode="onehot-dense", strategy="quantile", quantile_method="averaged_inverted_cdf")
X_tr = torch.tensor(binner.fit_transform(X_tr)).float()
X_te = torch.tensor(binner.transform(X_te)).float()
y_tr, y_te = torch.tensor(y_tr).float(), torch.tensor(y_te).float()
print("inputs", X_tr.shape)

hidden = torch.nn.Linear(X_tr.shape[1], 32)
out = torch.nn.Linear(32, 1)
params = list(hidden.parameters()) + list(out.parameters())
optimizer = torch.optim.AdamW(params, lr=1e-3, weight_decay=1e-2)


def forward(x):
    return out(torch.relu(hidden(x))).squeeze(-1)


for epoch in range(30):
    order = torch.randperm(len(X_tr))
    for chunk in order.chunk(12):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(forward(X_tr[chunk]), y_tr[chunk])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        accuracy = ((forward(X_te) > 0) == (y_te > 0.5)).float().mean().item()
    print(epoch, round(loss.item(), 3), round(accuracy, 3))

print("score", accuracy)
