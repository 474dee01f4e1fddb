"""Evaluate says what recomputing the loss and every score from predict says."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    log_loss,
    mean_absolute_error,
    median_absolute_error,
    r2_score,
    root_mean_squared_error,
)
from sklearn.metrics import roc_auc_score as roc_auc

from netwright.tabular import MLPClassifier, MLPRegressor, TabMClassifier, TabMRegressor
from netwright.training import Training
from netwright.workbench import evaluate, fit, load_job, predict

SHORT = Training(epochs=6)


def flights():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=600), "b": rng.choice(["x", "y", "z"], size=600)})
    table["target"] = np.where(table.a + (table.b == "x") + rng.normal(size=600) > 0.8, "yes", "no")
    return table


def two_classes(predicted, truth, scale):
    yes, late = predicted["probability of yes"].to_numpy(), (truth == "yes").to_numpy()
    assert (predicted["prediction"] == np.where(yes > 0.5, "yes", "no")).all()
    return {
        "loss": -np.log(np.where(late, yes, 1 - yes)).mean(),
        "log_loss": log_loss(late, yes),
        "roc_auc": roc_auc(late, yes),
        "average_precision": average_precision_score(late, yes),
        "brier_score": brier_score_loss(late, yes),
        "accuracy": accuracy_score(truth, predicted["prediction"]),
        "balanced_accuracy": balanced_accuracy_score(truth, predicted["prediction"]),
        "f1": f1_score(truth, predicted["prediction"], pos_label="yes"),
    }


def several_classes(predicted, truth, scale):
    probability = predicted.filter(like="probability").to_numpy()
    return {
        "loss": -np.log(probability[np.arange(len(truth)), truth]).mean(),
        "log_loss": log_loss(truth, probability, labels=[0, 1, 2]),
        "accuracy": accuracy_score(truth, predicted["prediction"]),
        "balanced_accuracy": balanced_accuracy_score(truth, predicted["prediction"]),
    }


def numbers(predicted, truth, scale):
    value, truth = predicted.iloc[:, 0].to_numpy(), truth.to_numpy()
    return {
        "loss": np.mean(((value - truth) / scale) ** 2),
        "r2": r2_score(truth, value),
        "rmse": root_mean_squared_error(truth, value),
        "mae": mean_absolute_error(truth, value),
        "median_absolute_error": median_absolute_error(truth, value),
    }


def numbers_by_huber(predicted, truth, scale):
    error = np.abs(predicted.iloc[:, 0].to_numpy() - truth.to_numpy()) / scale
    return {"loss": np.where(error <= 0.5, error**2 / 2, 0.5 * (error - 0.25)).mean()}


@pytest.mark.parametrize(
    ("table", "model", "by_hand"),
    [
        (flights(), MLPClassifier(training=SHORT, dropout=0.5), two_classes),
        (flights(), MLPClassifier(training=SHORT, class_weight="balanced"), two_classes),
        (load_wine(as_frame=True).frame, TabMClassifier(training=SHORT, width=16), several_classes),
        (load_diabetes(as_frame=True).frame, MLPRegressor(training=SHORT), numbers),
        (
            load_diabetes(as_frame=True).frame,
            TabMRegressor(training=SHORT, width=16, delta=0.5),
            numbers_by_huber,
        ),
    ],
    ids=["two classes", "weighted classes", "several classes", "numbers", "numbers by Huber's loss"],
)
def test_evaluate_equals_recomputing_loss_and_scores_from_predict(table, model, by_hand, tmp_path):
    rest = table.sample(frac=0.25, random_state=1)  # the net has not seen these rows
    fit(table.drop(rest.index), "target", out=tmp_path / "job", model=model, references=False)
    found, predicted = evaluate(tmp_path / "job", rest), predict(tmp_path / "job", rest)
    head = load_job(tmp_path / "job")[0].head_
    expected = by_hand(predicted, rest["target"], head.scales[0] if hasattr(head, "scales") else 1.0)
    assert next(iter(found)) == "loss"
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)


def test_evaluate_of_the_held_out_rows_gives_the_scores_of_the_job(tmp_path):
    table = load_diabetes(as_frame=True).frame
    job = fit(table, "target", out=tmp_path / "job", model=MLPRegressor(training=SHORT), references=False)
    held_out = table.iloc[job.held_out["row"] - 1]
    found = evaluate(tmp_path / "job", held_out)
    assert {name: found[name] for name in job.scores} == pytest.approx(job.scores, abs=1e-9)
