import os
import re
from collections import Counter
from pydoc_data.topics import topics

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader

torch.manual_seed(int(os.environ.get("SEED", 0)))

NAMES = ["debugger", "formatstrings", "string-methods", "specialnames", "compound"]
WINDOW = 40

samples = []
for label, name in enumerate(NAMES):
    words = re.findall(r"[a-z_]+", topics[name].lower())
    for start in range(0, len(words) - WINDOW, WINDOW):
        samples.append((words[start : start + WINDOW], label))

order = torch.randperm(len(samples)).tolist()
cut = int(0.75 * len(samples))
train = [samples[i] for i in order[:cut]]
test = [samples[i] for i in order[cut:]]

counts = Counter(word for words, _ in train for word in words)
vocabulary = {word: i + 1 for i, (word, n) in enumerate(counts.most_common()) if n > 1}


def collate(batch):
    ids, offsets, labels = [], [], []
    for words, label in batch:
        offsets.append(len(ids))
        ids += [vocabulary.get(word, 0) for word in words]
        labels.append(label)
    return torch.tensor(ids), torch.tensor(offsets), torch.tensor(labels)


class BagOfWords(nn.Module):
    def __init__(self, n_words, dim, n_classes):
        super().__init__()
        self.embedding = nn.EmbeddingBag(n_words, dim, mode="mean")
        self.fc = nn.Linear(dim, n_classes)

    def forward(self, ids, offsets):
        x = F.dropout(self.embedding(ids, offsets), 0.2, self.training)
        return F.log_softmax(self.fc(x), dim=1)


loaders = {
    "train": DataLoader(train, batch_size=32, shuffle=True, collate_fn=collate),
    "test": DataLoader(test, batch_size=1, collate_fn=collate),
}
model = BagOfWords(len(vocabulary) + 1, 32, len(NAMES))
criterion = nn.NLLLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)

for epoch in range(12):
    for phase in ("train", "test"):
        model.train(phase == "train")
        total_loss, correct, seen = 0.0, 0, 0
        for ids, offsets, labels in loaders[phase]:
            with torch.set_grad_enabled(phase == "train"):
                log_probs = model(ids, offsets)
                loss = criterion(log_probs, labels)
            if phase == "train":
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            total_loss += loss.item() * len(labels)
            correct += (log_probs.argmax(dim=1) == labels).sum().item()
            seen += len(labels)
        print(f"{epoch:2d} {phase:5s} loss {total_loss / seen:.4f} acc {correct / seen:.4f}")

print("score", correct / seen)
