import collections
import copy
import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
torch.manual_seed(seed)
N, GAMMA = 10, 0.95


def env_step(s, a):
    if a == 1:
        s = min(s + 1, N - 1)
        return s, (1.0 if s == N - 1 else 0.0), s == N - 1
    return max(s - 1, 0), 0.0, False


q_net = nn.Sequential(nn.Linear(N, 32), nn.ReLU(), nn.Linear(32, 2))
target_net = copy.deepcopy(q_net)
optimizer = torch.optim.Adam(q_net.parameters(), lr=3e-3)
memory = collections.deque(maxlen=5000)
eye = torch.eye(N)

step_count = 0
for episode in range(120):
    s, done, length = 0, False, 0
    epsilon = max(0.05, 1.0 - episode / 60)
    while not done and length < 60:
        if random.random() < epsilon:
            a = random.randrange(2)
        else:
            with torch.no_grad():
                a = q_net(eye[s]).argmax().item()
        s2, r, done = env_step(s, a)
        memory.append((s, a, r, s2, float(done)))
        s, length, step_count = s2, length + 1, step_count + 1
        if len(memory) >= 200 and step_count % 2 == 0:
            batch = random.sample(memory, 64)
            bs, ba, br, bs2, bd = (torch.tensor(column) for column in zip(*batch))
            q = q_net(eye[bs]).gather(1, ba[:, None]).squeeze(1)
            with torch.no_grad():
                goal = br + GAMMA * (1 - bd) * target_net(eye[bs2]).max(1).values
            loss = F.smooth_l1_loss(q, goal)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if step_count % 100 == 0:
            target_net.load_state_dict(q_net.state_dict())
    if episode % 20 == 19:
        print("episode", episode + 1, "length", length, "epsilon", round(epsilon, 2))

true_values = torch.tensor([GAMMA ** (N - 2 - s) for s in range(N - 1)])
with torch.no_grad():
    learned = q_net(eye[: N - 1]).max(1).values
    print("policy", q_net(eye[: N - 1]).argmax(1).tolist())
print("score", 1 - ((learned - true_values).pow(2).mean() / true_values.var()).item())
