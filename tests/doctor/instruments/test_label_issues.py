"""Labels that a cross-validated model denies are those that were planted."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from netwright.core.errors import InputError
from netwright.doctor.instruments.label_issues import doubtful_labels

CLEANLAB = {"rows": 201, "recall": 0.872, "precision": 0.776}
"""What cleanlab 2.9.0 (find_label_issues as it comes) says of the same probabilities."""


def judged(share):
    """Digits of which a share got another label: probabilities of a model that has not seen the row."""
    X, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    wrong = rng.random(len(y)) < share
    labels = np.where(wrong, (y + rng.integers(1, 10, len(y))) % 10, y)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=200))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return cross_val_predict(model, X, labels, cv=5, method="predict_proba"), labels, wrong


def test_of_a_tenth_of_flipped_labels_four_fifths_are_found_as_by_cleanlab():
    probabilities, labels, wrong = judged(0.1)
    named = doubtful_labels(probabilities, labels)
    recall, precision = (named & wrong).sum() / wrong.sum(), (named & wrong).sum() / named.sum()
    assert recall > 0.8
    assert precision > 0.7
    assert named.sum() == pytest.approx(CLEANLAB["rows"], abs=10)
    assert recall == pytest.approx(CLEANLAB["recall"], abs=0.03)
    assert precision == pytest.approx(CLEANLAB["precision"], abs=0.03)


def test_of_clean_labels_hardly_any_are_named():
    probabilities, labels, _ = judged(0.0)
    assert doubtful_labels(probabilities, labels).mean() < 0.05


def test_labels_without_a_column_are_refused():
    with pytest.raises(InputError, match="labels must be from 0 to 1, got 0 to 2"):
        doubtful_labels(np.full((3, 2), 0.5), np.arange(3))
    with pytest.raises(InputError, match="one label and one line"):
        doubtful_labels(np.full((3, 2), 0.5), np.arange(2))
