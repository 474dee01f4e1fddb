import os

import torch
import torch.nn as nn
import torch.optim as optim
from torch.distributions import Categorical

torch.manual_seed(int(os.environ.get("SEED", 0)))
LENGTH, LIMIT = 8, 30


class Corridor:
    def reset(self):
        self.place, self.time = 2, 0
        return self.place

    def step(self, action):
        self.place = max(self.place + (1 if action == 1 else -1), 0)
        self.time += 1
        won = self.place == LENGTH - 1
        done = won or self.time >= LIMIT
        return self.place, 1.0 if won else -0.02, done


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Sequential(nn.Embedding(LENGTH, 16), nn.Tanh())
        self.policy = nn.Linear(16, 2)
        self.value = nn.Linear(16, 1)

    def forward(self, state):
        h = self.embed(torch.tensor(state))
        return Categorical(logits=self.policy(h)), self.value(h).squeeze(-1)


env, agent = Corridor(), ActorCritic()
optimizer = optim.Adam(agent.parameters(), lr=0.01)
returns_seen = []
for episode in range(200):
    state, done = env.reset(), False
    log_probs, values, rewards, entropies = [], [], [], []
    while not done:
        dist, value = agent(state)
        action = dist.sample()
        state, reward, done = env.step(action.item())
        log_probs.append(dist.log_prob(action))
        entropies.append(dist.entropy())
        values.append(value)
        rewards.append(reward)
    returns, g = [], 0.0
    for reward in reversed(rewards):
        g = reward + 0.97 * g
        returns.insert(0, g)
    returns, values = torch.tensor(returns), torch.stack(values)
    advantage = (returns - values).detach()
    actor_loss = -(torch.stack(log_probs) * advantage).sum()
    critic_loss = (returns - values).pow(2).sum()
    loss = actor_loss + 0.5 * critic_loss - 0.01 * torch.stack(entropies).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    returns_seen.append(sum(rewards))
    if episode % 40 == 39:
        print(f"episode {episode + 1}: mean return {sum(returns_seen[-40:]) / 40:.3f}, loss {loss.item():.3f}")

print("score", sum(returns_seen[-30:]) / 30)
