"""What is put away comes back with the same bits: clone, pickle, save and load."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from torch import nn

from netwright.core.errors import ModelError
from netwright.data import RandomOverSampler, TableEncoder
from netwright.estimators import load, save
from netwright.optim import WarmupCosine
from netwright.tabular import (
    MLPClassifier,
    MLPMultiOutput,
    MLPRegressor,
    PriorThresholdClassifier,
    TabMClassifier,
    TabMRegressor,
)
from netwright.training import EarlyStopping, Training

QUICK = Training(epochs=2)
CLASSIFIERS = [
    MLPClassifier(hidden=(8,), norm=nn.BatchNorm1d, training=QUICK, random_state=0),
    TabMClassifier(n_members=2, width=8, training=QUICK, random_state=0),
]
REGRESSORS = [
    MLPRegressor(hidden=(8,), activation=nn.SELU, training=QUICK, random_state=0),
    TabMRegressor(n_members=2, width=8, training=QUICK, random_state=0),
]
LABELS = [
    "words",
    "numbers",
    "booleans",
    "categories",
    "several labels",
    "probabilities",
    "probabilities of each label",
]


def by_name(model):
    return type(model).__name__


def returns_whole(model, X, y, folder):
    """Claims that predictions, settings and the record survive, bit by bit."""
    save(model, folder / "model")
    for again in (
        load(folder / "model"),
        pickle.loads(pickle.dumps(model)),
        clone(model).fit(X, y),
    ):
        assert type(again) is type(model)
        assert repr(again) == repr(model)
        pd.testing.assert_frame_equal(again.predict_frame(X), model.predict_frame(X), check_exact=True)
        found, expected = again.predict(X), model.predict(X)
        assert np.asarray(found).dtype == np.asarray(expected).dtype
        assert np.array_equal(found, expected)
        assert again.record_ == model.record_


@pytest.mark.parametrize("model", CLASSIFIERS, ids=by_name)
@pytest.mark.parametrize("kind", LABELS)
def test_a_classifier_of_any_labels_returns_bit_by_bit(model, kind, mixed, targets, tmp_path):
    model = clone(model).fit(mixed, targets[kind])
    returns_whole(model, mixed, targets[kind], tmp_path)
    assert np.array_equal(load(tmp_path / "model").classes_, model.classes_)


@pytest.mark.parametrize("model", REGRESSORS, ids=by_name)
@pytest.mark.parametrize("kind", ["number", "several numbers"])
def test_a_regressor_of_any_targets_returns_bit_by_bit(model, kind, mixed, targets, tmp_path):
    returns_whole(clone(model).fit(mixed, targets[kind]), mixed, targets[kind], tmp_path)


def test_a_network_of_several_targets_returns_bit_by_bit(mixed, targets, tmp_path):
    Y = pd.DataFrame({"word": targets["words"], "class": targets["numbers"], "number": targets["number"]})
    model = MLPMultiOutput(
        hidden=(8,), classes=["class"], target_weights={"word": 2.0}, training=QUICK, random_state=0
    )
    returns_whole(model.fit(mixed, Y), mixed, Y, tmp_path)


def test_every_setting_returns(mixed, targets, tmp_path):
    training = Training(
        epochs=2, optimizer=None, schedule=WarmupCosine(warmup=3), sampler=RandomOverSampler(),
        callbacks=[EarlyStopping(patience=2)],
    )  # fmt: skip
    model = MLPClassifier(
        hidden=(8,), activation=nn.Tanh, dropout=0.1, input_dropout=0.1, norm=nn.LayerNorm,
        class_weight={"no": 1.0, "yes": 3.0}, table=TableEncoder(min_count=3), training=training,
        random_state=0,
    )  # fmt: skip
    model.fit(mixed, targets["words"])
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    assert repr(again) == repr(model)
    assert repr(again.training.callbacks) == repr(training.callbacks)
    assert np.array_equal(again.predict_proba(mixed), model.predict_proba(mixed))


def test_what_is_loaded_can_be_fitted_again(mixed, targets, tmp_path):
    model = CLASSIFIERS[0].fit(mixed, targets["words"])
    save(model, tmp_path / "model")
    again = load(tmp_path / "model").fit(mixed, targets["words"])
    assert np.array_equal(again.predict_proba(mixed), model.predict_proba(mixed))


def test_saving_leaves_the_estimator_as_it_was(mixed, targets, tmp_path):
    model = MLPClassifier(hidden=(8,), training=QUICK).fit(mixed, targets["words"])
    before = set(vars(model))
    save(model, tmp_path / "model")
    assert set(vars(model)) == before
    model.network_.train()
    assert not load(tmp_path / "model").network_.training


def test_a_setting_that_is_code_of_the_users_own_is_refused_by_name(mixed, targets, tmp_path):
    training = Training(epochs=1, loss=lambda z, t: (z[:, 0] - t) ** 2)
    model = MLPClassifier(hidden=(4,), training=training).fit(mixed, targets["words"])
    with pytest.raises(ModelError, match=r"estimator\.training\.loss must be something that can be written"):
        save(model, tmp_path / "model")
    assert not (tmp_path / "model").exists()
    assert hasattr(model, "network_")


def test_what_holds_no_network_of_its_own_is_refused(mixed, targets, tmp_path):
    model = PriorThresholdClassifier(CLASSIFIERS[0]).fit(mixed, targets["words"])
    with pytest.raises(ModelError, match="an estimator of a network, got PriorThresholdClassifier"):
        save(model, tmp_path / "model")
    save(model.estimator_, tmp_path / "model")
