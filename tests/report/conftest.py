"""Reports on real data, with scikit-learn's models standing in for the net and its references."""

import itertools
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from netwright.metrics import scores
from netwright.report import (
    Answers,
    Choice,
    ColumnProfile,
    Comparison,
    Content,
    Fact,
    Finding,
    Heading,
    Importance,
    Learning,
    ReferenceScore,
    TableProfile,
    Usage,
)

CHOICES = (
    Choice("epochs", "60", "The validation loss decides within this number.", "Prechelt (1998)"),
    Choice(
        "batch size",
        "32",
        "About 14 steps per epoch on 455 rows.",
        "Masters and Luschi (2018), arXiv:1804.07612",
    ),
    Choice(
        "learning rate", "0.0031", "The steepest fall of the range test.", "Smith (2017), arXiv:1506.01186"
    ),
    Choice("class weights", "none", "The rarer class holds 37 % of the rows.", "King and Zeng (2001)"),
    Choice("threads", "1", "The work of one step is below the threshold.", ""),
)
FINDINGS = (
    Finding(
        "leak",
        "error",
        "Column 'worst perimeter' alone predicts the target with ROC AUC 0.98: does it know the answer?",
        "If it is not known at prediction time, leave it out with --exclude 'worst perimeter'.",
    ),
    Finding(
        "duplicates", "warning", "12 rows stand in both parts of the split.", "Drop them, or split by groups."
    ),
    Finding("missing", "note", "Nothing is missing.", ""),
)


def _profile(frame) -> tuple[ColumnProfile, ...]:
    columns = []
    for name in frame.columns:
        counts, edges = np.histogram(frame[name], bins=12)
        bins = zip(
            [f"{a:.3g} to {b:.3g}" for a, b in itertools.pairwise(edges)], counts.tolist(), strict=True
        )
        summary = f"median {frame[name].median():.4g}, from {edges[0]:.4g} to {edges[-1]:.4g}"
        columns.append(
            ColumnProfile(name, "number", True, "", 0.0, frame[name].nunique(), summary, tuple(bins))
        )
    towns = (("north", 61), ("south", 22), ("east", 9), ("west", 5), ("sea", 2), ("hill", 1))
    note, values = "rare levels share one", "north 61 %, south 22 %"
    columns[2] = ColumnProfile("clinic <b>&amp;</b>", "category", True, note, 0.0312, 6, values, towns)
    note, values = "every value is different", "100001 to 100569"
    columns[3] = ColumnProfile("patient_number", "identifier", False, note, 0.0, len(frame), values)
    return tuple(columns)


def _history(net, train, held, epochs, judge) -> tuple[dict[str, float], ...]:
    """Train a scikit-learn net epoch by epoch; judge gives the loss and a metric."""
    classes = {} if isinstance(net, MLPRegressor) else {"classes": np.unique(train[1])}
    rows = []
    for epoch in range(1, epochs + 1):
        net.partial_fit(*train, **classes)
        row = {"epoch": epoch, "learning_rate": 0.003 * min(1, epoch / 5) * (1 - epoch / (epochs + 1))}
        row["loss"], row["accuracy"] = judge(net, *train)
        row["validation_loss"], row["validation_accuracy"] = judge(net, *held)
        rows.append(row)
    return tuple(rows)


def _best(history) -> int:
    return 1 + int(np.argmin([row["validation_loss"] for row in history]))


def _importance(net, x, y, names) -> tuple[Importance, ...]:
    found = permutation_importance(net, x, y, n_repeats=3, random_state=0)
    columns = zip(names, found.importances_mean.tolist(), found.importances_std.tolist(), strict=True)
    return tuple(Importance(*column) for column in columns)


def _classes_content(bunch, title, task) -> Content:
    classes = tuple(str(name) for name in bunch.target_names)
    x, x_held, y, y_held = train_test_split(
        bunch.data.to_numpy(), bunch.target.to_numpy(), test_size=0.4, random_state=0, stratify=bunch.target
    )
    scaler = StandardScaler().fit(x)
    net = MLPClassifier((32,), learning_rate_init=0.004, random_state=0)

    def judge(model, a, b):
        probability = model.predict_proba(a)
        return log_loss(b, probability), accuracy_score(b, probability.argmax(axis=1))

    train, held = (scaler.transform(x), y), (scaler.transform(x_held), y_held)
    history = _history(net, train, held, 60, judge)
    models = {
        "netwright MLP": make_pipeline(scaler, net),
        "gradient boosting": HistGradientBoostingClassifier(max_iter=30, random_state=0).fit(x, y),
        "linear model": make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y),
        "constant predictor": DummyClassifier().fit(x, y),
    }

    def judged(model):
        probability = model.predict_proba(x_held)
        shown = probability[:, 1] if len(classes) == 2 else probability
        panel = scores(task, y_held, probability.argmax(axis=1), shown)
        names = ("roc_auc", "log_loss", "accuracy", "expected_calibration_error")
        return {name: panel[name] for name in names}

    references = tuple(
        ReferenceScore(name, judged(model), 0.4 * k + 0.2, k == 0, "" if k else "one hidden layer of 32")
        for k, (name, model) in enumerate(models.items())
    )
    probability = models["netwright MLP"].predict_proba(x_held)
    names = np.array(classes)
    return Content(
        heading=Heading(
            title,
            created="23 November 2026, 14:02",
            version="0.1.0",
            seconds=74.2,
            machine="Linux, 2 cores, Python 3.11, torch 2.13.0",
        ),
        verdict=f"The net tells the classes apart with ROC AUC {references[0].scores['roc_auc']:.4f} "
        f"on {len(y_held)} rows that it has not seen.",
        answers=Answers(
            task,
            "diagnosis",
            classes,
            truth=names[y_held],
            prediction=names[probability.argmax(axis=1)],
            probability=probability[:, 1] if len(classes) == 2 else probability,
        ),
        comparison=Comparison("roc_auc", references),
        asked=(
            Fact("file", "data/biopsies.csv"),
            Fact("target", "diagnosis"),
            Fact("time limit", "none"),
            Fact("command", "netwright fit data/biopsies.csv --target diagnosis"),
        ),
        table=TableProfile(_profile(bunch.data), n_rows=len(bunch.data), n_held_out=len(y_held)),
        learning=Learning(CHOICES, history, _best(history), stopped="all 60 epochs were run"),
        importance=_importance(models["netwright MLP"], x_held, y_held, bunch.feature_names),
        findings=FINDINGS,
        usage=Usage(
            python="from netwright.estimators import load\n\n"
            'model = load("runs/biopsies/model")\nmodel.predict_proba(frame)',
            command="netwright predict runs/biopsies new.csv --out predictions.csv",
        ),
    )


@pytest.fixture(scope="session")
def binary() -> Content:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _classes_content(load_breast_cancer(as_frame=True), "Breast cancer biopsies", "binary")


@pytest.fixture(scope="session")
def multiclass() -> Content:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _classes_content(load_wine(as_frame=True), "Wines of three growers", "multiclass")


@pytest.fixture(scope="session")
def regression() -> Content:
    bunch = load_diabetes(as_frame=True)
    x, x_held, y, y_held = train_test_split(bunch.data.to_numpy(), bunch.target.to_numpy(), random_state=0)
    scaler = StandardScaler().fit(x)
    net = MLPRegressor(hidden_layer_sizes=(64,), learning_rate_init=0.02, random_state=0)

    def judge(model, a, b):
        answer = model.predict(a)
        return float(np.mean((answer - b) ** 2)), r2_score(b, answer)

    history = _history(net, (scaler.transform(x), y), (scaler.transform(x_held), y_held), 120, judge)
    models = {
        "netwright MLP": make_pipeline(scaler, net),
        "gradient boosting": HistGradientBoostingRegressor(max_iter=40, random_state=0).fit(x, y),
        "linear model": make_pipeline(StandardScaler(), Ridge()).fit(x, y),
        "constant predictor": DummyRegressor().fit(x, y),
    }
    answer = models["netwright MLP"].predict(x_held)
    return Content(
        heading=Heading("Diabetes progression", "23 November 2026, 14:02", "0.1.0", seconds=31.0),
        verdict="The net explains a third of the progression after one year.",
        answers=Answers("regression", "progression", truth=y_held, prediction=answer),
        comparison=Comparison(
            "r2",
            tuple(
                ReferenceScore(name, scores("regression", y_held, model.predict(x_held)), 0.3, k == 0)
                for k, (name, model) in enumerate(models.items())
            ),
        ),
        table=TableProfile(_profile(bunch.data), n_rows=len(bunch.data), n_held_out=len(y_held)),
        learning=Learning(history=history, best_epoch=_best(history)),
        importance=_importance(models["netwright MLP"], x_held, y_held, bunch.feature_names),
    )


@pytest.fixture(scope="session")
def crowded() -> Content:
    """10,000 held-out rows, 40 classes, 120 columns, 400 epochs: everything that could make a page heavy."""
    rng = np.random.default_rng(0)
    classes = tuple(f"class {k:02d}" for k in range(40))
    truth = rng.choice(40, size=10_000, p=rng.dirichlet(np.ones(40)))
    logits = rng.normal(size=(10_000, 40)) + 3 * np.eye(40)[truth]
    probability = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    bins = tuple((f"{k}", int(count)) for k, count in enumerate(rng.integers(1, 900, 20)))
    columns = tuple(
        ColumnProfile(f"measurement_{k}", "number", True, "", 0.01 * (k % 7), 900, "median 3", bins)
        for k in range(120)
    )
    history = tuple(
        {"epoch": k, "loss": 3 / k + rng.normal(0, 0.01), "validation_loss": 3 / k + 0.1}
        for k in range(1, 401)
    )
    return Content(
        heading=Heading("A crowded table", "23 November 2026", "0.1.0"),
        verdict="Forty classes, and most rows find theirs.",
        answers=Answers(
            "multiclass",
            "kind",
            classes,
            truth=np.array(classes)[truth],
            prediction=np.array(classes)[probability.argmax(axis=1)],
            probability=probability,
        ),
        comparison=Comparison(
            "accuracy",
            (
                ReferenceScore("netwright MLP", {"accuracy": 0.7531}, 100, is_net=True),
                ReferenceScore("gradient boosting", {"accuracy": 0.7533}, 10),
            ),
        ),
        table=TableProfile(columns, n_rows=50_000, n_held_out=10_000),
        learning=Learning(history=history),
        importance=tuple(Importance(f"measurement_{k}", 0.1 / (k + 1), 0.003) for k in range(120)),
    )


@pytest.fixture(scope="session")
def multilabel() -> Content:
    rng = np.random.default_rng(1)
    probability = rng.uniform(size=(400, 3))
    truth = (rng.uniform(size=(400, 3)) < probability).astype(int)
    return Content(
        heading=Heading("Three labels", "23 November 2026", "0.1.0"),
        verdict="Each label is judged alone.",
        answers=Answers(
            "multilabel",
            "labels",
            ("wet", "windy", "cold"),
            truth=truth,
            prediction=(probability > 0.5).astype(int),
            probability=probability,
        ),
        comparison=Comparison("f1"),
    )


@pytest.fixture(scope="session")
def bare() -> Callable[..., Content]:
    """Make a report that says nothing but its verdict, and what a test adds."""

    def make(**parts) -> Content:
        heading = Heading("Bare", created="today", version="0.1.0")
        basic = Content(heading, "Nothing to see.", Answers("regression", "y"), Comparison("r2"))
        return replace(basic, **parts)

    return make
