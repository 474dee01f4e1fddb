import os
import random

import networkx as nx
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
torch.manual_seed(seed)

graph = nx.les_miserables_graph()
index = {node: i + 1 for i, node in enumerate(graph)}


def walk(node, length):
    steps = [node]
    while len(steps) < length:
        steps.append(random.choice(list(graph[steps[-1]])))
    return torch.tensor([index[n] for n in steps])


walks = [walk(node, random.randint(5, 10)) for node in graph for _ in range(12)]


class SkipGram(nn.Module):
    def __init__(self, size, dim=16):
        super().__init__()
        self.inside = nn.Embedding(size, dim, padding_idx=0)
        self.outside = nn.Embedding(size, dim, padding_idx=0)

    def score(self, a, b):
        return (self.inside(a) * self.outside(b)).sum(-1)


def batch_loss(model, tokens):
    total, pairs = 0.0, 0
    for gap in (1, 2):
        centre, context = tokens[:, :-gap].flatten(), tokens[:, gap:].flatten()
        real = (centre > 0) & (context > 0)
        centre, context = centre[real], context[real]
        wrong = torch.randint(1, len(index) + 1, (len(centre), 4))
        total = total - F.logsigmoid(model.score(centre, context)).sum()
        total = total - F.logsigmoid(-model.score(centre[:, None], wrong)).sum()
        pairs += len(centre)
    return total / pairs


model = SkipGram(len(index) + 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
loader = DataLoader(walks, batch_size=32, shuffle=True, collate_fn=lambda b: pad_sequence(b, batch_first=True))
for epoch in range(15):
    losses = []
    for tokens in loader:
        loss = batch_loss(model, tokens)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(epoch, round(float(np.mean(losses)), 4))

with torch.no_grad():
    closeness = model.inside.weight[1:] @ model.outside.weight[1:].T
closeness = (closeness + closeness.T).numpy()
edges = nx.to_numpy_array(graph, weight=None)
upper = np.triu_indices(len(edges), 1)
print("score", roc_auc_score(edges[upper], closeness[upper]))
