import os

import torch
from sklearn.datasets import make_moons
from torch import nn, optim

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
data, _ = make_moons(2000, noise=0.05, random_state=seed)
data = torch.tensor(data, dtype=torch.float32) - torch.tensor([0.5, 0.25])


class Generator(nn.Module):
    def __init__(self, noise=4, hidden=64):
        super().__init__()
        self.noise = noise
        self.net = nn.Sequential(
            nn.Linear(noise, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2)
        )

    def sample(self, n):
        return self.net(torch.randn(n, self.noise))


class Critic(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(2, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, 1)
        )

    def forward(self, x):
        return self.net(x)


generator, critic = Generator(), Critic()
g_opt = optim.RMSprop(generator.parameters(), lr=5e-4)
c_opt = optim.RMSprop(critic.parameters(), lr=5e-4)
for iteration in range(450):
    for _ in range(3):
        real = data[torch.randint(len(data), (100,))]
        with torch.no_grad():
            fake = generator.sample(100)
        c_loss = critic(fake).mean() - critic(real).mean()
        c_opt.zero_grad()
        c_loss.backward()
        c_opt.step()
        with torch.no_grad():
            for p in critic.parameters():
                p.clamp_(-0.1, 0.1)
    g_loss = -critic(generator.sample(100)).mean()
    g_opt.zero_grad()
    g_loss.backward()
    g_opt.step()
    if iteration % 50 == 49:
        print(f"{iteration + 1}: critic {c_loss.item():.4f} generator {g_loss.item():.4f}")

with torch.no_grad():
    made = generator.sample(1000)
    truth = data[:1000]
    distance = 2 * torch.cdist(made, truth).mean() - torch.cdist(made, made).mean() - torch.cdist(truth, truth).mean()
print("score", -distance.item())
