import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.preprocessing import StandardScaler
from torch import nn, tensor

from netwright.core.errors import InputError
from netwright.data import RandomOverSampler, RandomUnderSampler, TableEncoder, read_frame
from netwright.tabular import MLPClassifier, MLPRegressor
from netwright.tabular.mlp import build_mlp
from netwright.training import Training

ONE_EPOCH = Training(epochs=1)


def give_weights(model, theirs):
    """Put the weights of a fitted scikit-learn network into ours."""
    layers = [module for module in model.network_.modules() if isinstance(module, nn.Linear)]
    for layer, weight, bias in zip(layers, theirs.coefs_, theirs.intercepts_, strict=True):
        layer.weight.data, layer.bias.data = tensor(weight.T).float(), tensor(bias).float()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_classifier_answers_as_scikit_learns_with_the_same_weights(n_classes):
    X = np.random.default_rng(0).normal(3, 5, (90, 4))
    y = np.array(["ada", "bob", "eve"])[np.arange(90) % n_classes]
    ours = MLPClassifier(hidden=(9, 6), training=ONE_EPOCH).fit(X, y)
    Z = ours.table_.transform(X).astype(np.float64)
    theirs = TheirClassifier((9, 6), max_iter=20, random_state=0).fit(Z, y)
    give_weights(ours, theirs)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(Z), atol=1e-6)
    assert np.array_equal(ours.predict(X), theirs.predict(Z))
    assert np.array_equal(ours.classes_, theirs.classes_)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_targets", [1, 2])
def test_the_regressor_answers_as_scikit_learns_with_the_same_weights(n_targets):
    X = np.random.default_rng(0).normal(3, 5, (90, 4))
    y = X[:, :n_targets] ** 2 if n_targets > 1 else X[:, 0] ** 2
    ours = MLPRegressor(hidden=(9, 6), activation=nn.Tanh, training=ONE_EPOCH).fit(X, y)
    Z, head = ours.table_.transform(X).astype(np.float64), ours.head_
    theirs = TheirRegressor(hidden_layer_sizes=(9, 6), activation="tanh", max_iter=20, random_state=0)
    scaled = (y - np.squeeze(head.means)) / np.squeeze(head.scales)  # it learns the standardised target
    give_weights(ours, theirs.fit(Z, scaled))
    found = (ours.predict(X) - np.squeeze(head.means)) / np.squeeze(head.scales)
    np.testing.assert_allclose(found, theirs.predict(Z), atol=1e-6)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_on_digits_it_is_as_good_as_scikit_learns_within_a_point():
    X, y = load_digits(return_X_y=True)
    X, new_X, y, new_y = train_test_split(X, y, random_state=0, stratify=y)
    scaler = StandardScaler().fit(X)
    theirs = TheirClassifier((100,), random_state=0).fit(scaler.transform(X), y)
    ours = MLPClassifier(hidden=(100,), training=Training(epochs=30, validation=0), random_state=0).fit(X, y)
    reference = theirs.score(scaler.transform(new_X), new_y)
    assert reference > 0.95
    assert ours.score(new_X, new_y) > reference - 0.01


def test_on_real_flights_it_comes_within_two_per_cent_of_gradient_boosting(request):
    """ROC AUC on 4,000 rows that neither has seen; both learn from the same 4,000."""
    path = request.config.rootpath / "examples" / "data" / "flights.csv.gz"
    rows = read_frame(path).sample(8000, random_state=0)
    y = rows["late"].to_numpy()
    X = rows.drop(columns=["late", "arr_delay", "time_hour", "tailnum"])
    X, new_X, y, new_y = X[:4000], X[4000:], y[:4000], y[4000:]
    table = TableEncoder().fit(X)
    codes = range(table.n_numbers_, table.n_numbers_ + len(table.cardinalities_))
    boosting = HistGradientBoostingClassifier(categorical_features=list(codes), random_state=0)
    boosting.fit(table.transform(X), y)
    reference = roc_auc_score(new_y, boosting.predict_proba(table.transform(new_X))[:, 1])
    model = MLPClassifier(hidden=(64,), dropout=0.4, training=Training(epochs=15), random_state=0).fit(X, y)
    assert len(table.cardinalities_) >= 5
    assert reference > 0.65
    assert roc_auc_score(new_y, model.predict_proba(new_X)[:, 1]) > 0.98 * reference


def test_categories_are_embedded_by_the_rule_and_numbers_go_straight_in():
    X = pd.DataFrame({"n": np.arange(60.0), "c": list("abcdef") * 10})
    model = MLPClassifier(hidden=(5,), training=ONE_EPOCH).fit(X, np.arange(60) % 2)
    (table,) = model.network_.categories.tables
    assert table.num_embeddings == model.table_.cardinalities_[0] >= 6
    first = next(module for module in model.network_.modules() if isinstance(module, nn.Linear))
    assert first.in_features == 1 + table.embedding_dim


def test_a_category_says_what_its_level_says():
    """Levels with planted means in a shuffled order: only an embedding, not their code, can tell them."""
    rng = np.random.default_rng(0)
    means = dict(zip("abcdefgh", rng.permutation(8), strict=True))
    X = pd.DataFrame({"level": rng.choice(list("abcdefgh"), 800)})
    y = X["level"].map(means).astype(float) + 0.1 * rng.normal(size=800)
    model = MLPRegressor(hidden=(16,), training=Training(epochs=40, learning_rate=0.01), random_state=0).fit(
        X, y
    )
    levels = pd.DataFrame({"level": list("abcdefgh")})
    np.testing.assert_allclose(model.predict(levels), list(means.values()), atol=0.25)


def test_that_a_value_is_missing_is_told_to_the_network():
    rng = np.random.default_rng(0)
    gone = rng.random(400) < 0.3
    X = pd.DataFrame({"x": np.where(gone, np.nan, rng.normal(size=400))})
    model = MLPClassifier(hidden=(8,), random_state=0).fit(X, gone)
    assert model.score(X, gone) == 1.0


def imbalanced(n=1200, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.05
    return (rng.normal(size=n) + 1.5 * y)[:, None], y


def test_class_weights_are_row_weights():
    X, y = imbalanced(400)
    settings = {"hidden": (8,), "training": Training(epochs=3), "random_state": 0}
    weighted = MLPClassifier(class_weight={False: 1.0, True: 9.5}, **settings).fit(X, y)
    by_rows = MLPClassifier(**settings).fit(X, y, sample_weight=np.where(y, 9.5, 1.0))
    np.testing.assert_allclose(weighted.predict_proba(X), by_rows.predict_proba(X), atol=1e-6)


def test_a_rare_class_is_found_with_balanced_weights_or_a_sampler():
    X, y = imbalanced()
    new_X, new_y = imbalanced(seed=1)

    def recall(class_weight=None, sampler=None, epochs=20):
        training = Training(epochs=epochs, batch_size=64, learning_rate=0.01, sampler=sampler)
        model = MLPClassifier(hidden=(8,), class_weight=class_weight, training=training, random_state=0)
        return model.fit(X, y).predict(new_X)[new_y].mean()

    assert recall() < 0.3
    assert recall(class_weight="balanced") > 0.6
    assert recall(sampler=RandomOverSampler()) > 0.6
    assert recall(sampler=RandomUnderSampler(), epochs=60) > 0.6


def test_sampling_leaves_the_validation_rows_in_their_own_shares():
    X, y = imbalanced()
    model = MLPClassifier(hidden=(4,), training=Training(epochs=1, sampler=RandomOverSampler())).fit(X, y)
    assert model.record_.n_validation_rows == 240
    assert model.record_.n_rows == 2 * round(0.8 * (~y).sum())


class Heard:
    """A sampler that remembers which classes it was given, and changes nothing."""

    def rows(self, y, rng):
        self.classes = y
        return np.arange(len(y))


def test_a_sampler_hears_the_classes_by_their_names():
    sampler = Heard()
    y = np.array(["no", "yes"] * 60)
    MLPClassifier(hidden=(4,), training=Training(epochs=1, sampler=sampler)).fit(np.arange(120.0)[:, None], y)
    assert set(sampler.classes) == {"no", "yes"}
    assert len(sampler.classes) == 96


def test_groups_stay_on_one_side_and_time_holds_the_latest_back():
    """The table is told apart by a column that only the validation rows may lack in training."""
    X = pd.DataFrame(
        {"x": np.random.default_rng(0).normal(size=200), "city": np.repeat(list("abcdefghij"), 20)}
    )
    y = np.arange(200) % 2
    model = MLPClassifier(hidden=(4,), training=ONE_EPOCH, random_state=0).fit(X, y, groups=X["city"])
    known = set(model.table_.columns_[1].levels)
    assert len(known) == 8  # two whole groups were held out
    assert model.record_.n_validation_rows == 40
    latest = X.assign(
        city=np.where(np.arange(200) < 160, "old", np.where(np.arange(200) % 2, "new", "newer"))
    )
    model = MLPClassifier(hidden=(4,), training=ONE_EPOCH).fit(
        latest.assign(other=list("ab") * 100), y, time=np.arange(200)
    )
    assert "city" in model.table_.left_out_  # constant among the rows to learn from


def test_the_losss_place_in_the_recipe_replaces_the_estimators_own():
    X, y = np.random.default_rng(0).normal(size=(100, 2)), np.arange(100) % 2
    doubled = Training(
        epochs=1, validation=0, loss=lambda z, t: 2 * nn.functional.softplus(-z[:, 0] * (2 * t - 1))
    )
    plain = MLPClassifier(hidden=(4,), training=Training(epochs=1, validation=0), random_state=0).fit(X, y)
    other = MLPClassifier(hidden=(4,), training=doubled, random_state=0).fit(X, y)
    # the loss is doubled at the start of the same path; AdamW's steps hardly know its scale
    assert other.record_.epochs[0]["loss"] == pytest.approx(2 * plain.record_.epochs[0]["loss"], rel=1e-3)


def test_choices_are_in_the_record_and_given_fields_are_not():
    X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
    model = MLPClassifier(hidden=(4,), training=Training(epochs=1), random_state=0).fit(X, y)
    assert {choice.name for choice in model.record_.choices} == {"validation", "batch_size", "learning_rate"}


def test_the_builder_says_what_it_wants():
    table = TableEncoder().fit(np.eye(3))
    with pytest.raises(InputError, match="hidden must be the units of each hidden layer, got 'wide'"):
        build_mlp(table, 1, hidden="wide", activation=nn.ReLU, dropout=0.0)
