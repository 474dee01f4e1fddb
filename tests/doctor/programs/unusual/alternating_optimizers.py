import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader

torch.manual_seed(int(os.environ.get("SEED", 0)))

X = load_digits().data.astype("float32") / 16
X_train, X_test = map(torch.tensor, train_test_split(X, test_size=0.25, random_state=6))
loader = DataLoader(X_train, batch_size=48, shuffle=True)

encoder = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 12))
decoder = nn.Sequential(nn.Linear(12, 128), nn.ReLU(), nn.Linear(128, 64))
encoder_optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-3)
decoder_optimizer = torch.optim.Adam(decoder.parameters(), lr=1e-3)


def reconstruction_loss(batch):
    return (decoder(encoder(batch)) - batch).pow(2).mean()


turn = 0
for epoch in range(60):
    for batch in loader:
        optimizer = encoder_optimizer if turn % 2 == 0 else decoder_optimizer
        encoder_optimizer.zero_grad()
        decoder_optimizer.zero_grad()
        loss = reconstruction_loss(batch)
        loss.backward()
        optimizer.step()
        turn += 1
    if epoch % 10 == 9:
        print("epoch", epoch + 1, "loss", round(loss.item(), 5))

encoder.eval()
decoder.eval()
with torch.no_grad():
    ratio = reconstruction_loss(X_test) / (X_test - X_train.mean(0)).pow(2).mean()
print("score", 1 - ratio.item())
