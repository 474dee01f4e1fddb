"""Flights: TabM beside scikit-learn's gradient boosting and perceptron, five seeds, one thread.

Every model learns from the same 32,000 rows and is judged on the same 8,000. Boosting takes columns as
they are (categories of up to 250 levels as such, the tail number target-encoded), once with its defaults and
once tuned by hand; the perceptron takes one-hot columns and standardised numbers.
"""

import sys
import time
import warnings
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import torch
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import KFold, train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder
from threadpoolctl import threadpool_limits

from frame import machine, versions
from netwright.data import read_frame
from netwright.tabular import TabMClassifier, TabMRegressor

FLIGHTS = Path(__file__).parent.parent / "examples" / "data" / "flights.csv.gz"
TUNED = {
    "learning_rate": 0.05,
    "max_features": 0.3,
    "min_samples_leaf": 40,
    "max_iter": 500,
    "early_stopping": True,
}


def trees(X: pd.DataFrame, model):
    words = [name for name in X if X[name].dtype.kind not in "fi"]
    many = [name for name in words if X[name].nunique() > 250]
    few = [name for name in words if name not in many]
    numbers = [name for name in X if name not in words]
    ordinal = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan
    )
    target = TargetEncoder(cv=KFold(5, shuffle=True, random_state=0))
    model.set_params(categorical_features=list(range(len(few))), random_state=0)
    return make_pipeline(
        make_column_transformer((ordinal, few), ("passthrough", numbers), (target, many)), model
    )


def perceptron(X: pd.DataFrame, model):
    words = [name for name in X if X[name].dtype.kind not in "fi"]
    numbers = [name for name in X if name not in words]
    one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=20)
    scaled = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    return make_pipeline(make_column_transformer((one_hot, words), (scaled, numbers)), model)


def models(X: pd.DataFrame, task: str, seed: int):
    """Each model's name and a fresh one."""
    early = {"early_stopping": True, "random_state": seed}
    if task == "late":
        yield "netwright TabM", TabMClassifier(random_state=seed)
        yield "boosting, defaults", trees(X, HistGradientBoostingClassifier())
        yield "boosting, tuned", trees(X, HistGradientBoostingClassifier(**TUNED))
        yield "perceptron", perceptron(X, MLPClassifier(**early))
    else:
        yield "netwright TabM", TabMRegressor(random_state=seed)
        yield "boosting, defaults", trees(X, HistGradientBoostingRegressor())
        yield "boosting, tuned", trees(X, HistGradientBoostingRegressor(**TUNED))
        yield "perceptron", perceptron(X, MLPRegressor(**early))


def prepare(frame: pd.DataFrame) -> pd.DataFrame:
    """For scikit-learn: the date as days since the first one and as the hour it holds."""
    moment = pd.to_datetime(frame["time_hour"])
    days = (moment.dt.normalize() - moment.min().normalize()).dt.days
    return frame.assign(time_hour=days.astype(float))


def main() -> None:
    """Print a Markdown table for each task."""
    print(f"{machine()}; {versions(['torch', 'scikit-learn'])}", flush=True)
    warnings.simplefilter("ignore")
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 5)  # make bench-flights ARGS=1
    frame = read_frame(FLIGHTS)
    X = frame.drop(columns=["late", "arr_delay"])
    plain = prepare(X)
    for task, score in (("late", "ROC AUC"), ("arr_delay", "R2")):
        y = frame[task].to_numpy()
        scores: dict[str, list[float]] = {}
        seconds: dict[str, list[float]] = {}
        for seed in seeds:
            learn, judge = train_test_split(
                np.arange(len(y)), test_size=0.2, random_state=seed, stratify=y if task == "late" else None
            )
            for name, model in models(plain, task, seed):
                table = X if name.startswith("netwright") else plain
                start = time.process_time()
                model.fit(table.iloc[learn], y[learn])
                seconds.setdefault(name, []).append(time.process_time() - start)
                if task == "late":
                    value = roc_auc_score(y[judge] == "yes", model.predict_proba(table.iloc[judge])[:, 1])
                else:
                    value = r2_score(y[judge], model.predict(table.iloc[judge]))
                scores.setdefault(name, []).append(value)
        print(f"\n| {task} | {score}, median | seeds | CPU s |\n|---|---|---|---|")
        for name, values in scores.items():
            each = " ".join(f"{value:.4f}" for value in values)
            print(f"| {name} | {median(values):.4f} | {each} | {median(seconds[name]):.1f} |", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    with threadpool_limits(1):
        main()
