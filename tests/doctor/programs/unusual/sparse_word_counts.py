import os
import random
from pydoc_data.topics import topics

import torch
from sklearn.feature_extraction.text import CountVectorizer
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

CHAPTERS = ["debugger", "formatstrings", "compound", "specialnames", "string-methods"]

torch.manual_seed(int(os.environ.get("SEED", 0)))
passages, labels = [], []
for label, chapter in enumerate(CHAPTERS):
    words = topics[chapter].split()
    for start in range(0, len(words) - 40, 40):
        passages.append(" ".join(words[start : start + 40]))
        labels.append(label)
order = list(range(len(passages)))
random.Random(0).shuffle(order)
cut = int(0.8 * len(order))
vectorizer = CountVectorizer(min_df=2)
train_counts = vectorizer.fit_transform([passages[i] for i in order[:cut]])
test_counts = vectorizer.transform([passages[i] for i in order[cut:]])
labels = torch.tensor(labels)
train_x = torch.tensor(train_counts.toarray(), dtype=torch.float32)
test_x = torch.tensor(test_counts.toarray(), dtype=torch.float32)
train_y, test_y = labels[order[:cut]], labels[order[cut:]]
print(len(train_x), "passages,", train_x.shape[1], "words")

loader = DataLoader(TensorDataset(train_x, train_y), batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(train_x.shape[1], 64), nn.ReLU(), nn.Dropout(0.4), nn.Linear(64, len(CHAPTERS)))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(20):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(test_x).argmax(1) == test_y).float().mean().item()
    print("epoch", epoch, "accuracy", round(accuracy, 4))
print("score", accuracy)
