"""Detectors of unusual rows: by reconstruction, and by a sphere around what is usual."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM
from torch import nn

from netwright.contracts import check_estimator
from netwright.contracts.estimator import check_repeats
from netwright.core.errors import InputError
from netwright.nets import Hypersphere
from netwright.tabular import AutoencoderDetector, DeepSVDD
from netwright.tabular.deep_svdd import SoftBoundary
from netwright.training import Batch, Training

QUICK = Training(epochs=1)
BOTH = [AutoencoderDetector, DeepSVDD]
PYOD, PYOD_USUAL = 0.8816, 0.9715
"""The best ROC AUC of pyod 3.6.7's AutoEncoder of three seeds on the same rows, all and usual ones alone."""


@pytest.mark.parametrize(
    "detector",
    [
        AutoencoderDetector(width=2, hidden=(8,), training=QUICK),
        DeepSVDD(width=4, hidden=(8,), nu=0.2, pretraining=2, training=QUICK),
    ],
    ids=["reconstruction", "sphere"],
)
def test_they_keep_the_contract_of_estimators(detector):
    check_estimator(detector)


@pytest.mark.parametrize("kind", BOTH)
def test_pictures_repeat_and_survive_saving(kind):
    pictures = np.random.default_rng(0).integers(0, 256, (30, 5, 7, 3), dtype=np.uint8)
    check_repeats(kind(width=3, hidden=(4,), training=QUICK), pictures)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("contamination", [0.01, 0.33])
def test_the_threshold_takes_its_share_of_the_training_rows_to_the_row(kind, contamination):
    X = np.random.default_rng(0).normal(size=(123, 4))
    model = kind(width=2, contamination=contamination, training=Training(epochs=1), random_state=0).fit(X)
    assert (model.predict(X) == -1).sum() == round(contamination * 123)
    assert np.array_equal(model.predict(X) == -1, model.score_samples(X) < model.offset_)


def tumours():
    """Benign tumours with 21 malignant ones among them, as the outlier collection ODDS has them (WBC)."""
    X, benign = load_breast_cancer(return_X_y=True)
    malignant = np.flatnonzero(benign == 0)[:21]
    rows = np.concatenate([np.flatnonzero(benign == 1), malignant])
    return X[rows], benign[rows] == 0


def test_malignant_tumours_are_found_as_well_as_by_other_ways():
    X, odd = tumours()
    model = AutoencoderDetector(training=Training(epochs=10, batch_size=32), random_state=0).fit(X)
    ours = roc_auc_score(odd, -model.score_samples(X))
    scaled = StandardScaler().fit_transform(X)
    pca = PCA(8).fit(scaled)
    straight = np.square(scaled - pca.inverse_transform(pca.transform(scaled))).sum(1)
    assert ours > roc_auc_score(odd, straight)
    assert ours > PYOD - 0.02


def test_trained_on_benign_tumours_alone_it_finds_malignant_ones_as_well_as_a_forest():
    X, odd = tumours()
    benign = np.random.default_rng(0).permutation(np.flatnonzero(~odd))
    new = np.concatenate([benign[240:], np.flatnonzero(odd)])
    model = AutoencoderDetector(training=Training(epochs=10, batch_size=32), random_state=0).fit(
        X[benign[:240]]
    )
    forest = IsolationForest(random_state=0).fit(X[benign[:240]])
    ours, theirs = (roc_auc_score(odd[new], -one.score_samples(X[new])) for one in (model, forest))
    assert ours > max(theirs, PYOD_USUAL) - 0.02


def test_it_finds_combinations_whose_parts_are_all_usual():
    rng = np.random.default_rng(0)
    country = rng.choice(["ES", "FR", "DE"], 600)
    table = pd.DataFrame({"country": country, "call": np.where(country == "ES", "home", "other")})
    table["amount"] = rng.normal(size=600)
    table.loc[5, "call"] = "other" if table.loc[5, "country"] == "ES" else "home"
    table.loc[7, "amount"] = np.nan
    model = AutoencoderDetector(width=3, hidden=(64, 32), training=Training(epochs=60), random_state=0).fit(
        table
    )
    assert set(model.score_samples(table).argsort()[:2]) == {5, 7}  # a wrong combination, and a gap
    assert model.explain(table).shape[0] == 600


@pytest.mark.parametrize("nu", [None, 0.1], ids=["one class", "soft boundary"])
def test_on_one_digit_against_the_rest_the_sphere_is_at_least_as_good_as_a_one_class_svm(nu):
    X, y = load_digits(return_X_y=True)
    old, new, old_y, new_y = train_test_split(X, y, random_state=0, stratify=y)
    ours, theirs = [], []
    recipe = Training(epochs=20, batch_size=32)
    for digit in range(10):
        usual, truth = old[old_y == digit], new_y == digit
        sphere = DeepSVDD(nu=nu, training=recipe, random_state=0).fit(pictures(usual))
        ours.append(roc_auc_score(truth, sphere.score_samples(pictures(new))))
        theirs.append(roc_auc_score(truth, OneClassSVM(nu=0.1).fit(usual).score_samples(new)))
    assert np.mean(ours) >= np.mean(theirs) > 0.97


def pictures(rows):
    return rows.reshape(-1, 8, 8).astype(np.uint8)


def test_the_sphere_does_not_collapse():
    """Rows that are nothing like the training rows keep their distance, long after these have none."""
    X, y = load_digits(return_X_y=True)
    model = DeepSVDD(training=Training(epochs=150, batch_size=32), random_state=0).fit(
        pictures(X[y == 0][:90])
    )
    own, other = (-np.median(model.score_samples(pictures(X[y == digit]))) for digit in (0, 1))
    assert other > 5 * own
    layers = [module for module in model.network_.modules() if isinstance(module, (nn.Linear, nn.Conv2d))]
    assert all(layer.bias is None for layer in layers)
    assert model.network_.centre.abs().min() >= 0.1


def test_the_soft_boundary_is_the_formula_and_its_radius_follows_the_quantile():
    torch.manual_seed(0)
    sphere = Hypersphere(nn.Linear(3, 2, bias=False), 2)
    x = torch.randn(40, 3)
    sphere.fit_centre(x)
    sphere.radius.fill_(0.5)
    distance = sphere(x)[:, 0]
    by_hand = 0.25 + (distance - 0.25).clamp(min=0).mean() / 0.2
    objective, batch = SoftBoundary(0.2), Batch(x, torch.zeros(40))
    torch.testing.assert_close(objective.loss(sphere.eval(), batch), by_hand)
    for _ in range(11):
        assert sphere.radius == 0.5
        objective.loss(sphere.train(), batch)
    torch.testing.assert_close(sphere.radius, distance.quantile(0.8).sqrt().detach())


@pytest.mark.parametrize(
    "detector",
    [
        AutoencoderDetector(contamination=0.0),
        AutoencoderDetector(contamination=0.6),
        AutoencoderDetector(hidden=(0,)),
        DeepSVDD(nu=1.0),
    ],
    ids=["no outlier", "most", "no unit", "all outside"],
)
def test_settings_that_cannot_be_are_refused(detector):
    with pytest.raises(InputError):
        detector.fit(np.random.default_rng(0).normal(size=(20, 3)))


def test_pictures_are_not_tables():
    X = np.random.default_rng(0).normal(size=(20, 64))
    model = AutoencoderDetector(training=Training(epochs=1)).fit(X)
    with pytest.raises(InputError, match="a table, as in fit"):
        model.predict(np.zeros((3, 8, 8)))
    model.fit(np.zeros((20, 8, 8)))
    with pytest.raises(InputError, match="pictures, as in fit"):
        model.predict(X)
