"""Corpora with a known structure."""

import numpy as np

TOPICS = (
    ["cat", "dog", "horse", "bird", "fish", "cow", "pig", "sheep", "goat", "duck"],
    ["iron", "gold", "tin", "zinc", "lead", "copper", "silver", "nickel", "cobalt", "steel"],
)


def two_topics(n_sentences=2000, seed=0, length=8):
    """Sentences of one topic each, in turns."""
    rng = np.random.default_rng(seed)
    return [list(rng.choice(TOPICS[number % 2], length)) for number in range(n_sentences)]


def separation(vectors):
    """Mean cosine within topics less that between them."""
    unit = [vectors.normalised[vectors.vocabulary.ids(topic)] for topic in TOPICS]
    within = np.mean([(one @ one.T)[~np.eye(len(one), dtype=bool)].mean() for one in unit])
    return within - (unit[0] @ unit[1].T).mean()


def analogies(n_sentences=30_000, seed=0):
    """Each of 8 countries with 3 relations: its words stand with words of the country and of the relation."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n_sentences):
        country, relation = rng.integers(8), rng.integers(3)
        word = f"r{relation}c{country}"
        around = [f"country{country}x{rng.integers(4)}" for _ in range(3)]
        around += [f"relation{relation}x{rng.integers(4)}" for _ in range(3)]
        rng.shuffle(around)
        found.append([*around[:3], word, *around[3:]])
    return found
