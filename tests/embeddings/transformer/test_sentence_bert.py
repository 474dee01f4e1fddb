import json

import numpy as np
import pytest
import torch
from transformers import BertModel, BertTokenizerFast

from netwright.core.errors import InputError
from netwright.embeddings import SentenceBERT, TransformerEmbedder
from netwright.losses import CosineSimilarityLoss, MultipleNegativesRankingLoss, TripletMarginLoss
from netwright.metrics import semantic_similarity

ANIMALS = [
    f"{a} {b} {c}" for a in ("the", "a") for b in ("cat", "dog") for c in ("sat", "ran", "sat on the mat")
]
CARS = [
    f"{a} {b} {c}" for a in ("the", "a") for b in ("car", "bus") for c in ("drives", "stops", "drives fast")
]
QUICK = {"epochs": 4, "batch_size": 12, "learning_rate": 1e-3, "random_state": 0}


def pairs_of_kinds(n=96, seed=0):
    """Pairs of the same topic and of others, and whether they are."""
    rng, pairs, same = np.random.default_rng(seed), [], []
    for _ in range(n):
        one, other = rng.integers(0, 2, 2)
        pairs.append(tuple(str(rng.choice((ANIMALS, CARS)[kind])) for kind in (one, other)))
        same.append(float(one == other))
    return pairs, np.array(same)


def spearman(embedder):
    pairs, same = pairs_of_kinds(seed=1)
    return semantic_similarity(same, *map(embedder.transform, zip(*pairs, strict=True)))["spearman_cosine"]


def test_tuned_on_grades_it_tells_similarity_better_than_the_mean_of_raw_states(tiny):
    raw = spearman(TransformerEmbedder(tiny).fit())
    pairs, same = pairs_of_kinds()
    tuned = SentenceBERT(tiny, **QUICK).fit(pairs, same)
    assert tuned.losses_[-1] < tuned.losses_[0] / 2
    assert spearman(tuned) > raw + 0.05
    assert spearman(tuned) > 0.85


@pytest.mark.parametrize("kind", ["labels", "partners", "triplets", "hard negatives"])
def test_every_kind_of_rows_brings_topics_together(tiny, kind):
    raw, rng = spearman(TransformerEmbedder(tiny).fit()), np.random.default_rng(2)
    pairs, same = pairs_of_kinds()
    y, loss = None, None
    if kind == "labels":
        y = np.where(same, "alike", "unlike")
    elif kind == "partners":
        pairs = [pair for pair, one in zip(pairs, same, strict=True) if one]
    else:
        triplets = [(ANIMALS, ANIMALS, CARS), (CARS, CARS, ANIMALS)] * 24
        pairs = [tuple(str(rng.choice(topic)) for topic in row) for row in triplets]
        loss = MultipleNegativesRankingLoss() if kind == "hard negatives" else None
    tuned = SentenceBERT(tiny, loss, **QUICK).fit(pairs, y)
    assert tuned.losses_[-1] < tuned.losses_[0]
    assert spearman(tuned) > raw
    assert hasattr(tuned, "classes_") == (kind == "labels")


def states_of(folder, texts):
    tokenizer = BertTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), pad_token="[PAD]")
    given = tokenizer(texts, padding=True, return_tensors="pt")
    states = BertModel.from_pretrained(folder).eval()(**given).last_hidden_state
    seen = given["attention_mask"][..., None].float()
    pooled = (states * seen).sum(1) / seen.sum(1).clamp(min=1e-9)  # the pooling of sentence-transformers
    return torch.nn.functional.normalize(pooled, p=2, dim=1)


def test_mean_pooling_and_losses_are_those_of_sentence_transformers(tiny):
    """The first loss of a training without dropout, against transformers and the formulas written out."""
    pairs, grades = pairs_of_kinds(8)
    with torch.no_grad():
        u, v = (states_of(tiny, list(column)) for column in zip(*pairs, strict=True))
    cosines, y = u @ v.T, torch.tensor(grades, dtype=torch.float32)
    expected = {
        "ranking": torch.nn.functional.cross_entropy(20 * cosines, torch.arange(8)),
        "cosine": (cosines.diagonal() - y).square().mean(),
        "triplet": torch.relu((u - v + 1e-6).norm(dim=1) - (u - u.roll(1, 0) + 1e-6).norm(dim=1) + 5).mean(),
    }
    rolled = [(*pair, other[0]) for pair, other in zip(pairs, [pairs[-1], *pairs[:-1]], strict=True)]
    cases = {
        "ranking": (pairs, None, MultipleNegativesRankingLoss()),
        "cosine": (pairs, grades, CosineSimilarityLoss()),
        "triplet": (rolled, None, TripletMarginLoss(5.0)),
    }
    without_dropout(tiny)
    for name, (rows, target, loss) in cases.items():
        model = SentenceBERT(tiny, loss, epochs=1, batch_size=8, learning_rate=1e-12, random_state=0)
        found = model.fit(rows, target).losses_[0]
        assert abs(found - expected[name].item()) < 1e-5, name


def without_dropout(folder):
    config = json.loads((folder / "config.json").read_text())
    config["hidden_dropout_prob"] = 0.0
    (folder / "config.json").write_text(json.dumps(config))


def test_the_same_seed_gives_the_same_bits(tiny):
    pairs, same = pairs_of_kinds(12)
    model = SentenceBERT(tiny, epochs=1, batch_size=4, random_state=0)
    one, other = (model.fit(pairs, same).transform(ANIMALS) for _ in range(2))
    assert np.array_equal(one, other)
    model.set_params(random_state=1)
    assert not np.array_equal(model.fit(pairs, same).transform(ANIMALS), one)


def test_a_tuned_model_is_kept_in_a_folder_for_the_embedder(tiny, tmp_path):
    pairs, same = pairs_of_kinds(12)
    model = SentenceBERT(tiny, epochs=1, random_state=0).fit(pairs, same)
    model.save(tmp_path / "tuned")
    again = TransformerEmbedder(tmp_path / "tuned").fit()
    assert np.array_equal(again.transform(CARS), model.transform(CARS))


@pytest.mark.parametrize(
    ("X", "y", "why"),
    [
        (["a cat", "a dog"], None, "2 or 3 texts"),
        ([("a", "b"), ("a", "b", "c")], None, "in row 1"),
        ([("a", "b"), ("a", None)], None, "None"),
        ([("a", "b")] * 2, [0.5, 1.5], "1.5 in row 1"),
        ([("a", "b")] * 2, [0.5], "one value for each of 2 rows"),
        ([("a", "b")] * 2, ["yes", "yes"], "two classes or more"),
        ([("a", "b", "c")] * 2, [0.5, 1.0], "left out for triplets"),
        ([], None, "none"),
    ],
)
def test_rows_of_another_form_are_named(tiny, X, y, why):
    with pytest.raises(InputError, match=why):
        SentenceBERT(tiny).fit(X, y)


def test_a_pace_of_nothing_is_named(tiny):
    with pytest.raises(InputError, match="epochs must be above 0"):
        SentenceBERT(tiny, epochs=0).fit([("a", "b")])
