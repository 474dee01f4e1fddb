"""Group2Vec: averages of dot products, which show a linear model what categories mean together."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from netwright.contracts import check_repeats
from netwright.core.errors import InputError
from netwright.data import CategoryEncoder
from netwright.embeddings import Group2Vec
from netwright.training import Training

QUICK = {"width": 3, "training": Training(epochs=2), "random_state": 0}


def clicks(n_rows=3000, seed=0):
    """Clicks that are bought where the device and the country do not suit each other."""
    rng = np.random.default_rng(seed)
    names = {"device": 8, "country": 8, "channel": 6}
    codes = {name: rng.integers(k, size=n_rows) for name, k in names.items()}
    kinds = {name: np.random.default_rng(1).permutation(np.arange(k) % 2) for name, k in names.items()}
    bought = kinds["device"][codes["device"]] != kinds["country"][codes["country"]]
    flipped = rng.random(n_rows) < 0.05
    table = {name: np.char.add(name[0], code.astype(str)) for name, code in codes.items()}
    return pd.DataFrame({**table, "hour": rng.normal(size=n_rows)}), bought ^ flipped


def test_groups_beat_one_hot_columns_where_combinations_count():
    table, bought = clicks()
    train, test, y_train, y_test = train_test_split(table, bought, random_state=0)
    recipe = Training(epochs=25, learning_rate=0.02, batch_size=64)
    groups = make_pipeline(Group2Vec(width=8, training=recipe, random_state=0), LogisticRegression())
    one_hot = make_pipeline(CategoryEncoder(output="one-hot", min_count=5), LogisticRegression())
    ours = groups.fit(train, y_train).score(test, y_test)
    theirs = one_hot.fit(train.drop(columns="hour"), y_train).score(test.drop(columns="hour"), y_test)
    assert ours > 0.9
    assert theirs < 0.6


def test_what_comes_out_is_the_numpy_formula_on_the_learned_vectors():
    table, bought = clicks(200)
    embedder = Group2Vec(**QUICK).fit(table, bought)
    encoded = embedder.table_.transform(table)
    weights = [one.weight.detach().double().numpy() for one in embedder.network_.categories.tables]
    vectors = [weight[encoded[:, 1 + j].astype(int)] for j, weight in enumerate(weights)]
    by_hand = [
        np.mean([(vectors[i] * vectors[j]).sum(1) for j in range(3) if j != i], axis=0) for i in range(3)
    ]
    out = embedder.transform(table)
    np.testing.assert_allclose(out[:, 1:], np.stack(by_hand, axis=1), atol=1e-6)
    assert np.array_equal(out[:, 0], encoded[:, 0])
    names = embedder.get_feature_names_out().tolist()
    assert names == ["hour", *(f"{name} with the others" for name in ("device", "country", "channel"))]


def test_a_new_level_neither_goes_nor_clashes_with_anything():
    table, bought = clicks(200)
    embedder = Group2Vec(**QUICK).fit(table, bought)
    row = table[:1].assign(device="never")
    assert embedder.transform(row)[0, 1] == 0


def test_one_category_alone_is_refused():
    table, bought = clicks(100)
    with pytest.raises(InputError, match="two categorical columns or more, got 1"):
        Group2Vec(**QUICK).fit(table[["device", "hour"]], bought)


def test_the_same_seed_gives_the_same_bits_and_saving_keeps_them():
    table, bought = clicks(100)
    check_repeats(Group2Vec(**QUICK), table, bought)
    check_repeats(Group2Vec(**QUICK), table, table["hour"].to_numpy())
