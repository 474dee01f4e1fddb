"""scikit-learn's own checks, with no failure expected, and its tools around our estimators."""

import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from netwright.contracts import check_estimator
from netwright.tabular import MLPClassifier, MLPRegressor, TabMClassifier, TabMRegressor
from netwright.training import Training

SMALL = {"n_members": 2, "width": 16, "training": Training(epochs=15)}


@pytest.mark.parametrize(
    "estimator",
    [
        MLPClassifier(),
        MLPRegressor(),
        TabMClassifier(**SMALL),
        TabMRegressor(**SMALL),
    ],
    ids=["MLPClassifier", "MLPRegressor", "TabMClassifier", "TabMRegressor"],
)
def test_scikit_learns_checks_pass_with_no_failure_expected(estimator):
    check_estimator(estimator)


def test_a_grid_search_reaches_the_fields_of_the_recipe():
    X, y = load_iris(return_X_y=True)
    model = MLPClassifier(hidden=(8,), training=Training(learning_rate=0.02), random_state=0)
    search = GridSearchCV(model, {"training__epochs": [1, 25], "hidden": [(8,), (4,)]}, cv=2).fit(X, y)
    assert search.best_params_["training__epochs"] == 25
    assert len(search.best_estimator_.record_.epochs) == 25
    assert search.best_estimator_.training.learning_rate == 0.02
    assert model.training.epochs is None  # the original is untouched


def test_it_stands_in_a_pipeline_and_in_cross_validation():
    X, y = load_iris(return_X_y=True, as_frame=True)
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(hidden=(16,), random_state=0))
    pipeline.set_output(transform="pandas")
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.9
