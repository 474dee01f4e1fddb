import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance as theirs

from netwright.tabular import MLPClassifier, MLPRegressor
from netwright.training import Training
from netwright.workbench import fit
from netwright.workbench.importance import permutation_importance


def table(n=600, seed=0):
    """Half of the target hangs on one column, a sixth on another, nothing on the noise."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {"noise": rng.normal(size=n), "weak": rng.normal(size=n), "strong": rng.choice(list("abcd"), n)}
    )
    return X, X["strong"].map({"a": -3.0, "b": -1.0, "c": 1.0, "d": 3.0}) + X["weak"]


@pytest.fixture(scope="module")
def model():
    X, y = table()
    recipe = Training(epochs=30, batch_size=32, learning_rate=5e-3)
    return MLPRegressor(hidden=(16,), training=recipe, random_state=0).fit(X, y)


def test_planted_columns_are_found_in_their_order_and_noise_is_near_zero(model):
    X, y = table(seed=1)
    found = permutation_importance(model, X, y, task="regression", headline="r2")
    assert [one.column for one in found] == ["strong", "weak", "noise"]
    by_name = {one.column: one for one in found}
    # shuffling a column of share s of the variance doubles that share as an error: R2 falls by 2 s
    assert by_name["strong"].mean == pytest.approx(2 * 5 / 6, abs=0.2)
    assert by_name["weak"].mean == pytest.approx(2 / 6, abs=0.1)
    assert abs(by_name["noise"].mean) < 0.02
    assert all(one.spread >= 0 for one in found)


def test_the_falls_are_those_that_scikit_learn_finds_within_their_spread(model):
    X, y = table(seed=1)
    found = {one.column: one for one in permutation_importance(model, X, y, task="regression", headline="r2")}
    reference = theirs(model, X, y, scoring="r2", n_repeats=5, random_state=0)
    for name, mean, spread in zip(
        X.columns, reference.importances_mean, reference.importances_std, strict=True
    ):
        assert abs(found[name].mean - mean) < 4 * (found[name].spread + spread) + 1e-3


def test_a_score_that_should_be_small_rises_and_counts_the_same_way(model):
    X, y = table(seed=1)
    found = permutation_importance(model, X, y, task="regression", headline="rmse")
    assert found[0].column == "strong"
    assert found[0].mean > 1


def test_the_same_seed_gives_the_same_numbers_and_the_table_is_untouched(model):
    X, y = table(seed=1)
    before = X.copy()
    first, second = (permutation_importance(model, X, y, task="regression", headline="r2") for _ in range(2))
    assert first == second
    pd.testing.assert_frame_equal(X, before)


def test_columns_that_were_left_out_have_no_importance():
    X, y = table()
    X = X.assign(constant="same", id=np.arange(600))
    with pytest.warns(UserWarning, match="left out"):
        model = MLPClassifier(hidden=(4,), training=Training(epochs=1)).fit(X, y > 0)
    found = permutation_importance(model, X, (y > 0).to_numpy(), task="binary", headline="log_loss")
    assert {one.column for one in found} == {"noise", "weak", "strong"}


def test_a_job_tells_the_planted_column():
    X, y = table()
    late = np.where(y > 0, "late", "on time")
    recipe = Training(epochs=10, batch_size=32, learning_rate=5e-3)
    job = fit(
        X.assign(late=late), "late", model=MLPClassifier(hidden=(8,), training=recipe), references=False
    )
    assert job.content.importance[0].column == "strong"
