"""Cat2Vec: levels that go together are alike, and few labels suffice for a linear model on them."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from netwright.core.errors import TableError
from netwright.data import CategoryEncoder
from netwright.embeddings import Cat2Vec

COLUMNS = ["city", "bank", "shop", "meal"]


def homes(n_rows=3000, n_kinds=6, n_levels=30, seed=0):
    """Each row is of a kind, and each of its levels is one of the kind's own five, in every column."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(n_kinds, size=n_rows)
    table = {}
    for column in COLUMNS:
        names = np.random.default_rng(sum(map(ord, column))).permutation(n_levels)  # which tell nothing
        level = names[kind * (n_levels // n_kinds) + rng.integers(n_levels // n_kinds, size=n_rows)]
        table[column] = np.char.add(column[0], level.astype(str))
    return pd.DataFrame(table), kind


def test_linked_levels_are_alike_and_others_are_not():
    table, kind = homes()
    vectors = Cat2Vec(width=16, random_state=0).fit(table).vectors_
    of = {f"{column}={level}": k for column in COLUMNS for level, k in zip(table[column], kind, strict=True)}
    known = [word for word in vectors.words if word in of]
    cosines = vectors.normalised[vectors.vocabulary.ids(known)]
    cosines = cosines @ cosines.T
    kinds, columns = np.array([of[word] for word in known]), np.array([word[0] for word in known])
    linked = (kinds[:, None] == kinds[None]) & (columns[:, None] == columns[None])
    np.fill_diagonal(linked, False)
    strangers = kinds[:, None] != kinds[None]
    assert len(known) == 4 * 30
    assert np.percentile(cosines[linked], 1) > 0.8
    assert np.percentile(cosines[strangers], 99) < 0.2
    beside = (kinds[:, None] == kinds[None]) & (columns[:, None] != columns[None])
    assert cosines[beside].mean() > 0.5


def test_the_vectors_of_each_column_have_the_mean_of_zeros_over_the_rows():
    table, _ = homes(500)
    levels = Cat2Vec(width=5, epochs=2, random_state=0).fit(table)
    np.testing.assert_allclose(levels.transform(table).mean(0), 0, atol=1e-6)
    assert np.abs(levels.transform(table)).max() > 1e-3


def test_with_few_labels_a_linear_model_does_better_on_vectors_than_on_hashed_columns():
    table, kind = homes()
    odd = kind % 2
    levels = Cat2Vec(width=16, epochs=20, random_state=0).fit(table)
    hashed = CategoryEncoder(output="one-hot", max_levels=0, n_buckets=8).fit(table)
    scores = {}
    for name, encoder in (("vectors", levels), ("hashed", hashed)):
        X = encoder.transform(table)
        scores[name] = LogisticRegression(max_iter=1000).fit(X[:40], odd[:40]).score(X[40:], odd[40:])
    assert scores["vectors"] > 0.95
    assert scores["vectors"] > scores["hashed"] + 0.1


def test_what_comes_out_is_the_numbers_and_the_vectors_of_the_rows_levels():
    table, _ = homes(200)
    table = table.assign(rooms=np.arange(200.0))
    levels = Cat2Vec(width=4, epochs=1, random_state=0).fit(table)
    out = levels.transform(table[:3])
    names = levels.get_feature_names_out().tolist()
    assert names[:2] == ["rooms", "city[0]"]
    assert out.shape == (3, len(names)) == (3, 1 + 4 * 4)
    row = table.iloc[2]
    tokens = [f"{column}={row[column]}" for column in COLUMNS]
    in_words = [token if token in levels.vectors_ else f"{token.split('=')[0]}=(rare)" for token in tokens]
    assert np.array_equal(out[2, 1:], levels.vectors_[in_words].ravel())


def test_a_level_that_no_row_had_has_zeros():
    table, _ = homes(3000)
    levels = Cat2Vec(width=4, epochs=1, random_state=0).fit(table)
    assert not levels.transform(table[:1].assign(city="never"))[0, :4].any()
    assert levels.transform(table[:1])[0, :4].any()


def test_it_stands_in_a_pipeline_and_repeats_bit_by_bit():
    table, kind = homes(300)
    pipeline = make_pipeline(Cat2Vec(width=8, epochs=3, random_state=0), LogisticRegression())
    assert pipeline.fit(table, kind % 2).predict(table).shape == (300,)
    levels = pipeline[0]
    assert np.array_equal(clone(levels).fit(table).transform(table), levels.transform(table))
    assert np.array_equal(pickle.loads(pickle.dumps(levels)).transform(table), levels.transform(table))


def test_one_column_of_categories_is_refused():
    with pytest.raises(TableError, match="two columns of categories or more, got 1"):
        Cat2Vec().fit({"city": ["a", "b"] * 20, "rooms": np.arange(40.0)})
