import os

import torch
from sklearn.datasets import load_digits
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader

torch.manual_seed(int(os.environ.get("SEED", 0)))

pixels = torch.tensor(load_digits().data, dtype=torch.float32) / 16
train, test = train_test_split(pixels, test_size=0.25, random_state=1)

encoder = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 12))
decoder = nn.Sequential(nn.Linear(12, 128), nn.ReLU(), nn.Linear(128, 64), nn.Sigmoid())
autoencoder = nn.Sequential(encoder, decoder)
mse = nn.MSELoss()
optimizer = torch.optim.Adam(autoencoder.parameters(), lr=3e-3)

for epoch in range(40):
    autoencoder.train()
    for batch in DataLoader(train, batch_size=64, shuffle=True):
        loss = mse(autoencoder(batch), batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if (epoch + 1) % 8 == 0:
        autoencoder.eval()
        with torch.no_grad():
            print(f"epoch {epoch + 1}: test mse {mse(autoencoder(test), test).item():.5f}")

with torch.no_grad():
    rebuilt = autoencoder(test)
print("score", r2_score(test.numpy(), rebuilt.numpy(), multioutput="variance_weighted"))
