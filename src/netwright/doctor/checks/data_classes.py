"""Checks of how many rows there are: of a rare class, and at all."""

import warnings
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.rows import Rows
from netwright.doctor.case.task import as_labels
from netwright.doctor.checks.seen import labels_of
from netwright.doctor.finding import Finding, Place
from netwright.doctor.probe.references import clean, cross_validated, features

Labels = NDArray[np.int64]
FEWEST_OF_CLASS = 10


def check_imbalance(case: Case) -> Iterator[Finding]:
    """D11: a rare class that the network hardly ever finds, though it could be found.

    Rare is less than half of an even share. Bounds: its recall is below half of the commonest class's recall,
    with at least 10 rows of it; and, which makes it certain, 0.1 of balanced accuracy is gained on the same
    rows, p below 1e-4, by a model that weights classes alike, or by the network itself when the shares of the
    classes are taken out of its scores. The ratio of classes alone is no fault, and a loss that is weighted
    already is another matter.
    """
    told = _answers(case)
    if told is None or _weighted(case):
        return
    train, rows, y, prediction = told
    answer = as_labels(prediction, case.task).reshape(-1).long().numpy()
    own = labels_of(train.target, case.task)
    if own is None:
        return
    values, counts = np.unique(own.numpy(), return_counts=True)
    shares = dict(zip(values.tolist(), (counts / counts.sum()).tolist(), strict=True))
    common = max(shares, key=lambda one: shares[one])
    rare = [one for one in shares if shares[one] < 0.5 / len(shares) and (y == one).sum() >= FEWEST_OF_CLASS]
    recall = {one: float((answer[y == one] == one).mean()) for one in {*rare, common} if (y == one).any()}
    missed = [one for one in rare if recall.get(one, 1.0) < 0.5 * recall.get(common, 0.0)]
    if not missed:
        return
    even = [_evened(prediction, case, counts / counts.sum()), *_others(train, rows, own.numpy())]
    gain, p = max(_gain(y, answer, one) for one in even if one is not None)
    if gain < 0.1 or p > 1e-4:
        return
    worst = min(missed, key=lambda one: recall[one])
    yield Finding(
        "imbalance_ignored",
        "warning",
        f"Of class {worst}, {100 * shares[worst]:.2g} % of the training rows, the network finds "
        f"{100 * recall[worst]:.0f} %; weighting the classes alike gains {gain:.2f} of balanced accuracy.",
        Place(case.name or None, case.loss.operation.line if case.loss else case.tape.line),
        {
            "class": worst,
            "share": shares[worst],
            "recall": recall[worst],
            "gain": gain,
            "p": p,
            "balanced weight": 1 / (len(shares) * shares[worst]),
        },
        "Weight the classes in the loss, sample them evenly, or move the threshold on held-out rows.",
    )


def _weighted(case: Case) -> bool:
    settings = case.loss.settings if case.loss is not None else {}
    return settings.get("weight") is not None or settings.get("pos_weight") is not None


def _answers(case: Case) -> tuple[Rows, Rows, Labels, Tensor] | None:
    """Training rows, rows that are judged, their labels and what the network says of them."""
    train = case.train
    copies = case.end()
    if train is None or copies is None or labels_of(train.target, case.task) is None:
        return None
    train = clean(train.part(4000))
    held = case.held_out
    rows = clean(held.part(4000)) if held is not None and held.target is not None else train
    labels = labels_of(rows.target, case.task)
    prediction = case.predict(copies, rows)
    if labels is None or prediction is None or len(prediction) != len(rows) or not len(rows):
        return None
    prediction = prediction.detach().cpu()
    return (train, rows, labels.numpy(), prediction) if prediction.ndim < 3 else None


def _evened(prediction: Tensor, case: Case, shares: NDArray[np.float64]) -> Labels | None:
    """The network's answers when the logarithms of the shares are taken from its scores."""
    scores = prediction.double()
    if case.task.kind == "classes" and scores.ndim == 2 and scores.shape[1] == len(shares):
        return (scores.log_softmax(1) - torch.from_numpy(np.log(shares))).argmax(1).numpy()
    if case.task.kind != "binary" or scores.numel() != len(scores) or len(shares) != 2:
        return None
    scores = scores.logit(1e-9) if case.task.loss == "binary_cross_entropy" else scores
    return (scores.flatten() > float(np.log(shares[1] / shares[0]))).long().numpy()


def _others(train: Rows, rows: Rows, own: Labels) -> list[Labels]:
    """Answers of simple models that weight classes alike."""
    x, z = features(train, rows)
    models = (
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=200, class_weight="balanced")),
        ExtraTreesClassifier(60, min_samples_leaf=5, class_weight="balanced", random_state=0, n_jobs=1),
    )
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if rows is train:
            return [cross_val_predict(model, x, own, cv=folds) for model in models]
        return [model.fit(x, own).predict(z) for model in models]


def _gain(y: Labels, answer: Labels, other: Labels) -> tuple[float, float]:
    """By how much other answers are better in balanced accuracy, and the paired p."""
    _, places, counts = np.unique(y, return_inverse=True, return_counts=True)
    difference = len(y) / (len(counts) * counts[places]) * ((other == y).astype(float) - (answer == y))
    if difference.std() == 0:
        return 0.0, 1.0
    return float(difference.mean()), float(stats.ttest_1samp(difference, 0.0, alternative="greater").pvalue)


def check_too_few(case: Case) -> Iterator[Finding]:
    """D15: more rows would help: the best reference still gains from twice as many, and the network overfits.

    Information. Bounds: from half of the training rows to all of them the best reference's cross-validated
    score grows by more than 2 standard errors and by 0.03, and the network is 0.1 better on its own rows.
    """
    outcome, train = case.outcome, case.train
    if outcome is None or not outcome.held_out or outcome.train_gap < 0.1 or train is None:
        return
    train = clean(train.part(1000))
    if train.target is None or not 20 <= len(train) < 1000:
        return
    whole, half = cross_validated(train, case.task), cross_validated(train.part(len(train) // 2), case.task)
    if len(whole) < 2 or len(half) < 2:
        return
    best = max(whole[1:], key=lambda one: one.score)
    before = next((one for one in half if one.name == best.name), None)
    if before is None:
        return
    gain = best.score - before.score
    error = float(
        np.hypot(best.goods.std() / len(best.goods) ** 0.5, before.goods.std() / len(before.goods) ** 0.5)
    )
    if gain < max(0.03, 2 * error):
        return
    yield Finding(
        "too_few_samples",
        "info",
        f"From {len(train) // 2} to {len(train)} rows a simple model still gains {gain:.2f}, and the "
        "network does "
        f"{outcome.train_gap:.2f} better on its training rows: more rows would help.",
        Place(case.name or None, case.call.line if case.call else case.tape.line),
        {
            "rows": len(train),
            "gain from twice as many": gain,
            "standard error": error,
            "gap": outcome.train_gap,
        },
        "Gather more rows, begin from a trained network, or regularise more.",
    )
