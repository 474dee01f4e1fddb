"""The storeys above the final estimators: what a class of one's own gets from them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import clone
from sklearn.metrics import log_loss, mean_squared_error
from torch import nn

from netwright.contracts import check_repeats
from netwright.core.errors import InputError, TableError
from netwright.data import RandomOverSampler, TableEncoder
from netwright.estimators import DeepClassifier, DeepEstimator, DeepRegressor, read_table
from netwright.estimators.tables import admit_table
from netwright.tabular import MLPClassifier, MLPRegressor
from netwright.training import Training


@dataclass(eq=False, repr=False)
class Linear(DeepRegressor):
    """The shortest estimator: two fields, `read` and `build`."""

    training: Training | None = None
    random_state: Any = None

    def read(self, X, *, rows=None, fitting=False):
        return torch.as_tensor(np.asarray(X, dtype=np.float32))[slice(None) if rows is None else rows]

    def build(self, sample, n_outputs):
        return nn.Linear(sample[0], n_outputs)


def test_an_estimator_of_ones_own_needs_two_methods_and_keeps_the_contract():
    check_repeats(Linear(training=Training(epochs=3)))


def test_it_finds_the_least_squares_line():
    X = np.random.default_rng(0).normal(size=(200, 3))
    y = X @ [100.0, -50.0, 20.0] + 1e4
    recipe = Training(epochs=60, batch_size=20, learning_rate=0.1, validation=0, optimizer=torch.optim.SGD)
    model = Linear(training=recipe, random_state=0).fit(X, y)
    np.testing.assert_allclose(model.predict(X), y, rtol=1e-5)


def test_no_storey_can_be_built_by_itself():
    for storey in (DeepEstimator, DeepClassifier, DeepRegressor):
        with pytest.raises(TypeError, match="abstract"):
            storey()


QUICK = Training(epochs=3)


def test_the_loss_of_a_classifier_is_its_mean_log_loss(mixed, targets):
    for kind in ("words", "numbers"):
        model = MLPClassifier(hidden=(8,), training=QUICK, random_state=0).fit(mixed, targets[kind])
        by_sklearn = log_loss(targets[kind], model.predict_proba(mixed))
        assert model.loss(mixed, targets[kind]) == pytest.approx(by_sklearn, rel=1e-6)


def test_the_loss_of_a_regressor_is_its_squared_error_in_standard_deviations(mixed, targets):
    y = targets["number"]
    model = MLPRegressor(hidden=(8,), training=Training(epochs=3, validation=0), random_state=0).fit(mixed, y)
    assert model.loss(mixed, y) == pytest.approx(
        mean_squared_error(y, model.predict(mixed)) / y.var(), rel=1e-5
    )


def test_the_loss_knows_no_class_that_the_training_did_not():
    X, y = np.eye(4), ["a", "b", "a", "b"]
    model = MLPClassifier(hidden=(2,), training=QUICK).fit(X, y)
    with pytest.raises(InputError, match="y must hold classes of the training, got 'c'; known are"):
        model.loss(X, ["a", "b", "a", "c"])


def test_the_decision_function_is_the_logit_of_the_probability(mixed, targets):
    model = MLPClassifier(hidden=(8,), training=QUICK, random_state=0).fit(mixed, targets["words"])
    probability = model.predict_proba(mixed)
    np.testing.assert_allclose(
        model.decision_function(mixed), np.log(probability[:, 1] / probability[:, 0]), atol=1e-9
    )
    np.testing.assert_allclose(probability.sum(1), 1, atol=1e-12)


def test_pandas_goes_in_and_comes_out_with_its_index(mixed, targets):
    few = mixed.iloc[[5, 3, 8]]
    classifier = MLPClassifier(hidden=(8,), training=QUICK, random_state=0).fit(mixed, targets["words"])
    frame = classifier.predict_frame(few)
    assert frame.index.tolist() == few.index.tolist() == [1005, 1003, 1008]
    assert frame.columns.tolist() == ["prediction", "probability of no", "probability of yes"]
    assert frame["prediction"].tolist() == classifier.predict(few).tolist()
    assert np.array_equal(frame.iloc[:, 1:], classifier.predict_proba(few))
    several = (
        MLPClassifier(hidden=(8,), training=QUICK).fit(mixed, targets["several labels"]).predict_frame(few)
    )
    assert several.columns.tolist()[:4] == ["high", "a", "flag", "probability of high"]
    regressor = MLPRegressor(hidden=(8,), training=QUICK).fit(mixed, targets["several numbers"])
    assert regressor.predict_frame(few).columns.tolist() == ["number", "whole"]
    assert regressor.predict_frame(few).index.tolist() == few.index.tolist()


def test_polars_and_pandas_give_the_same_bits(mixed, targets):
    model = MLPClassifier(hidden=(8,), training=QUICK, random_state=0).fit(mixed, targets["words"])
    other = pl.from_pandas(mixed.astype({"category": str}))
    from_polars = clone(model).fit(other, pl.Series(targets["words"]))
    assert np.array_equal(from_polars.predict_proba(other), model.predict_proba(mixed))


def test_arrays_of_words_and_numbers_are_tables_too(mixed, targets):
    X = mixed[["word", "number"]].to_numpy()
    model = MLPClassifier(hidden=(8,), training=QUICK, random_state=0).fit(X, targets["words"])
    assert model.table_.cardinalities_
    assert model.n_features_in_ == 2
    assert model.predict(X).shape == (len(X),)


def test_what_is_admitted_is_a_frame_or_a_matrix_of_numbers_where_it_can_be():
    assert admit_table([["1", "2"], ["3", "4"]]).dtype.kind in "Uf"
    assert admit_table(np.array([[1, 2.5], [3, None]], dtype=object)).dtype == np.float64
    assert admit_table(np.array([["a", 1], ["b", 2]], dtype=object)).dtype == object
    assert isinstance(admit_table(pl.DataFrame({"a": [1, 2]})), pd.DataFrame)


def test_the_reader_is_fitted_on_the_rows_it_is_given_alone():
    X = pd.DataFrame({"a": [0.0, 2.0, 1000.0], "b": ["x", "y", "z"]})
    model = MLPClassifier(table=TableEncoder(numbers="standard"))
    read_table(model, X, rows=np.array([0, 1]), fitting=True)
    alone = MLPClassifier(table=model.table)
    read_table(alone, X.iloc[:2], fitting=True)
    assert torch.equal(read_table(model, X), read_table(alone, X))


def test_validation_rows_are_neither_learned_from_nor_read_in_fitting(mixed, targets):
    """A column that is missing among the last rows alone, which are the validation rows, gets no mark."""
    X = mixed[["number"]].reset_index(drop=True)
    X.loc[120:, "number"] = np.nan
    model = MLPClassifier(hidden=(4,), training=Training(epochs=1, validation=10 / 130))
    model.fit(X, targets["words"], time=np.arange(130))
    assert model.record_.n_validation_rows == 10
    assert model.table_.feature_names_ == ["number"]
    assert MLPClassifier(hidden=(4,), training=QUICK).fit(X, targets["words"]).table_.n_numbers_ == 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden": 8}, "hidden must be the units of each hidden layer, got 8"),
        ({"hidden": (0,)}, r"hidden must be the units of each hidden layer, got \(0,\)"),
        ({"activation": nn.ReLU()}, r"activation must be a class of torch modules, got ReLU\(\)"),
        ({"training": "fast"}, "training must be a Training or None, got 'fast'"),
        ({"class_weight": {"maybe": 2.0}}, "got one of 'maybe'; choose from: 'no', 'yes'"),
    ],
)
def test_a_senseless_setting_is_told_in_one_line(settings, message, mixed, targets):
    with pytest.raises(ValueError, match=message) as caught:
        MLPClassifier(**{"training": QUICK, **settings}).fit(mixed, targets["words"])
    assert "\n" not in str(caught.value)


def test_rows_that_do_not_match_are_told(mixed, targets):
    model = MLPClassifier(hidden=(4,), training=QUICK)
    with pytest.raises(InputError, match="groups must have 130 values, got 2"):
        model.fit(mixed, targets["words"], groups=[1, 2])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(mixed, targets["words"][:5])
    with pytest.raises(TableError, match="got 1 row of class 'rare'"):
        model.fit(mixed, np.where(np.arange(130) == 7, "rare", targets["words"]))


def test_a_table_at_prediction_must_be_that_of_the_training(mixed, targets):
    model = MLPClassifier(hidden=(4,), training=QUICK).fit(mixed, targets["words"])
    for other in (mixed.drop(columns="word"), mixed.assign(more=1)):
        with pytest.raises(ValueError, match="feature names should match"):
            model.predict(other)
    with pytest.raises(TableError, match="at least one row"):
        model.predict(mixed.iloc[:0])


def test_weights_of_classes_and_samplers_want_one_class_a_row(mixed, targets):
    with pytest.raises(InputError, match="class_weight must come with one class a row"):
        MLPClassifier(class_weight="balanced", training=QUICK).fit(mixed, targets["several labels"])
    with pytest.raises(InputError, match="a sampler must have one class a row"):
        MLPRegressor(training=Training(epochs=1, sampler=RandomOverSampler())).fit(mixed, targets["number"])


def test_soft_labels_may_have_a_class_that_is_never_the_likeliest(mixed):
    soft = np.tile([0.5, 0.4, 0.1], (len(mixed), 1))
    soft[0] = [0.2, 0.2, 0.6]  # the likeliest in one row, which no split by class could halve
    model = MLPClassifier(hidden=(4,), training=QUICK).fit(mixed, soft)
    assert model.predict_proba(mixed).shape == (130, 3)
