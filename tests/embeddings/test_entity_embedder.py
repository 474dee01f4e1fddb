"""Entity embeddings: a planted ring is found again, and trees do better on vectors than on codes."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline

from netwright.contracts import check_estimator, check_repeats
from netwright.core.errors import InputError
from netwright.data import CategoryEncoder, TableEncoder
from netwright.embeddings import EntityEmbedder
from netwright.estimators import load, save
from netwright.training import Training

DAYS = ["mo", "tu", "we", "th", "fr", "sa", "su"]
QUICK = {"hidden": (8,), "training": Training(epochs=2), "random_state": 0}


def week(n_rows=1400, seed=0):
    """Sales that go round with the week, at each shop with a shift of its own."""
    rng = np.random.default_rng(seed)
    day, shop = rng.integers(7, size=n_rows), rng.integers(5, size=n_rows)
    sales = np.cos(2 * np.pi * (day / 7 - shop / 5)) + 0.1 * rng.normal(size=n_rows)
    table = {"day": np.array(DAYS)[day], "shop": np.char.add("shop ", shop.astype(str))}
    return pd.DataFrame({**table, "price": rng.normal(size=n_rows)}), sales


def small(seed=0, n_rows=60):
    rng = np.random.default_rng(seed)
    table = {"day": rng.choice(DAYS, n_rows), "price": rng.normal(size=n_rows)}
    return pd.DataFrame(table), np.where(table["price"] > 0, "much", "little")


def test_a_planted_ring_of_weekdays_is_found_again():
    table, sales = week()
    recipe = Training(epochs=40, learning_rate=0.01, batch_size=64)
    embedder = EntityEmbedder(hidden=(32,), training=recipe, random_state=0).fit(table, sales)
    vectors = embedder.vectors_["day"]
    points = np.stack([vectors[day] for day in DAYS])
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    for number, row in enumerate(distances):
        nearest = set(np.argsort(row)[1:3].tolist())
        assert nearest == {(number - 1) % 7, (number + 1) % 7}, DAYS[number]


def test_gradient_boosting_does_better_on_vectors_than_on_label_codes():
    rng = np.random.default_rng(0)
    place = rng.normal(size=(120, 2))  # what a shop is like, which its name does not say
    shop = rng.integers(120, size=3000)
    sales = place[shop].prod(1) + 0.3 * rng.normal(size=3000)
    table = pd.DataFrame({"shop": np.char.add("s", shop.astype(str)), "other": rng.choice(list("ab"), 3000)})
    train, test, y_train, y_test = train_test_split(table, sales, random_state=0)
    recipe = Training(epochs=30, learning_rate=0.01, batch_size=64)
    embedder = EntityEmbedder(hidden=(32,), training=recipe, random_state=0)

    def score(first):
        trees = GradientBoostingRegressor(n_estimators=50, max_depth=3, max_features=0.5, random_state=0)
        return make_pipeline(first, trees).fit(train, y_train).score(test, y_test)

    assert score(embedder) > score(CategoryEncoder()) + 0.1


def test_tumours_are_told_from_bins_whose_names_say_nothing_of_their_order():
    X, y = load_breast_cancer(return_X_y=True)
    rng = np.random.default_rng(0)
    bins = pd.DataFrame(X[:, :8]).apply(lambda column: pd.qcut(column, 8, labels=False))
    table = bins.apply(lambda column: pd.Series(list("hgfedcba"))[rng.permutation(8)[column]].to_numpy())
    table.columns = [f"f{number}" for number in table]
    train, test, y_train, y_test = train_test_split(table, y, random_state=0)
    recipe = Training(epochs=30, learning_rate=0.01)
    embedder = EntityEmbedder(hidden=(16,), training=recipe, random_state=0)

    def score(first):
        return make_pipeline(first, LogisticRegression(max_iter=500)).fit(train, y_train).score(test, y_test)

    assert score(embedder) > 0.9
    assert score(embedder) > score(CategoryEncoder()) + 0.03


def test_what_comes_out_is_the_encoded_numbers_and_then_the_rows_of_the_embedding():
    table, sales = small()
    embedder = EntityEmbedder(**QUICK).fit(table, sales)
    encoded = embedder.table_.transform(table)
    weight = embedder.network_.categories.tables[0].weight.detach().numpy()
    by_hand = np.hstack([encoded[:, :1], weight[encoded[:, 1].astype(int)]])
    out = embedder.transform(table)
    assert np.array_equal(out, by_hand)
    assert out.dtype == np.float32
    names = embedder.get_feature_names_out().tolist()
    assert names == ["price", *(f"day[{place}]" for place in range(weight.shape[1]))]
    assert np.array_equal(
        embedder.vectors_["day"]["tu"], weight[embedder.table_.columns_[1].levels.index("tu")]
    )


def test_classes_and_numbers_are_told_apart_or_stated():
    table, labels = small()
    numbers = table["price"].to_numpy()
    assert EntityEmbedder(**QUICK).fit(table, labels).classes_.tolist() == ["little", "much"]
    assert not hasattr(EntityEmbedder(**QUICK).fit(table, numbers), "classes_")
    assert not hasattr(EntityEmbedder(**QUICK, task="regression").fit(table, labels == "much"), "classes_")
    both = np.stack([numbers, -numbers], axis=1)
    assert EntityEmbedder(**QUICK).fit(table, both).head_.n_outputs == 2
    with pytest.raises(InputError, match="task must be one of"):
        EntityEmbedder(**QUICK, task="rank").fit(table, labels)


def test_new_and_missing_levels_have_vectors():
    table, labels = small()
    gaps = table.assign(day=table["day"].where(table.index % 6 > 0))
    embedder = EntityEmbedder(**QUICK, table=TableEncoder(min_count=1)).fit(gaps, labels)
    new, missing = embedder.transform(pd.DataFrame({"day": ["never", None], "price": [0.0, None]}))[:, 1:]
    assert not new.any()  # no row of the fit had the code of others
    assert np.array_equal(missing, embedder.vectors_["day"]["(missing)"])
    assert missing.any()


def test_it_stands_in_pipelines_beside_others_and_under_a_grid_search():
    table, labels = small(n_rows=120)
    pipeline = make_pipeline(EntityEmbedder(**QUICK), LogisticRegression())
    search = GridSearchCV(pipeline, {"entityembedder__size_rule": ["half", "power"]}, cv=2)
    assert search.fit(table, labels).best_score_ > 0.8
    beside = make_column_transformer(
        (EntityEmbedder(**QUICK), ["day"]), ("passthrough", ["price"]), verbose_feature_names_out=False
    ).set_output(transform="pandas")
    assert beside.fit_transform(table, labels).columns[-1] == "price"


def test_scikit_learns_checks_pass_with_no_failure_expected():
    check_estimator(EntityEmbedder(hidden=(4,), training=Training(epochs=1)))


def test_the_same_seed_gives_the_same_bits_and_saving_keeps_them(tmp_path):
    table, labels = small()
    check_repeats(EntityEmbedder(**QUICK), table, labels)
    embedder = EntityEmbedder(**QUICK).fit(table, labels)
    save(embedder, tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert np.array_equal(loaded.transform(table), embedder.transform(table))
    assert np.array_equal(pickle.loads(pickle.dumps(embedder)).transform(table), embedder.transform(table))
