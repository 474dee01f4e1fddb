import os

import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.func import functional_call, grad_and_value

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=8)
scaler = StandardScaler().fit(X_train)
X_train, X_test = (torch.tensor(scaler.transform(a)).float() for a in (X_train, X_test))
y_train, y_test = torch.tensor(y_train).float(), torch.tensor(y_test).float()

model = nn.Sequential(nn.Linear(30, 16), nn.Tanh(), nn.Linear(16, 1))
params = {name: p.detach().clone() for name, p in model.named_parameters()}
velocity = {name: torch.zeros_like(p) for name, p in params.items()}


def loss_fn(params, x, t):
    logits = functional_call(model, params, (x,)).squeeze(1)
    penalty = sum(p.square().sum() for p in params.values())
    return nn.functional.binary_cross_entropy_with_logits(logits, t) + 1e-3 * penalty


step_fn = grad_and_value(loss_fn)
for epoch in range(40):
    for rows in torch.randperm(len(X_train)).split(32):
        grads, loss = step_fn(params, X_train[rows], y_train[rows])
        for name in params:
            velocity[name] = 0.9 * velocity[name] + grads[name]
            params[name] = params[name] - 0.02 * velocity[name]
    if epoch % 10 == 9:
        print("epoch", epoch + 1, "loss", loss.item())

logits = functional_call(model, params, (X_test,)).squeeze(1)
print("score", ((logits > 0).float() == y_test).float().mean().item())
