"""Series with labels: the default classifier on six sets of the UCR and UEA archives.

    make bench-series_classification                            three seeds: about ten minutes
    make bench-series_classification ARGS="--quick"             few epochs, one seed: whether it runs
    make bench-series_classification ARGS="--only GunPoint --lstm"

The sets come with aeon, whose wheel is downloaded and never installed. Each has its training and test series;
the estimator is `ConvSequenceClassifier()` as it is. Beside it stand the nearest neighbour by dynamic time
warping (full window, computed here), and what others have published: the fully convolutional network by
Ismail Fawaz et al. (2019), "Deep learning for time series classification: a review", arXiv:1809.04356, means
of ten runs (ACSF1: of the five in results-ucr-128.csv of its repository, hfawaz/dl-4-tsc; JapaneseVowels:
results-mts-avg-std.csv there).
"""

import argparse
import sys
import time
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import numpy as np

import frame
from peers.dtw import nearest

ROOT = Path(__file__).resolve().parents[1]
SEEDS = 3
SETS = {
    "GunPoint": 1.000,
    "ItalyPowerDemand": 0.961,
    "ArrowHead": 0.843,
    "ACSF1": 0.898,
    "BasicMotions": None,
    "JapaneseVowels": 0.993,
}
"""And the published accuracy of the fully convolutional network; None where there is none."""
HEADER = [
    "set",
    "series",
    "test accuracy",
    "by FCN, published",
    "by 1-NN-DTW",
    "one standard error",
    "fit, s",
    "within",
    "beats DTW",
]


class Series(NamedTuple):
    """Series to learn from and to judge by."""

    X: Any
    y: np.ndarray
    X_test: Any
    y_test: np.ndarray


def load(name: str) -> Series:
    """One set, from the wheel."""
    from netwright.data import read_ts

    sys.path.append(str(ROOT / "tools"))
    from fetch_data import fetch

    folder = fetch("series") / "aeon" / "datasets" / "data" / name
    first, test = (read_ts(folder / f"{name}_{part}.ts") for part in ("TRAIN", "TEST"))
    assert first.y is not None
    assert test.y is not None
    return Series(first.X, first.y, test.X, test.y)


def classify(name: str, seeds: int, *, quick: bool, lstm: bool) -> list[str]:
    """One line of the table."""
    from netwright.sequence import ConvSequenceClassifier, RecurrentClassifier
    from netwright.training import Training

    series = load(name)
    told, seconds = [], []
    for seed in range(seeds):
        start = time.perf_counter()
        recipe = Training(epochs=10) if quick else None
        model: Any = RecurrentClassifier if lstm else ConvSequenceClassifier
        fitted = model(training=recipe, random_state=seed).fit(series.X, series.y)
        seconds.append(time.perf_counter() - start)
        told.append(float(fitted.score(series.X_test, series.y_test)))
    warped = float((nearest(list(series.X), series.y, list(series.X_test)) == series.y_test).mean())
    published, right = SETS[name], mean(told)
    error = (right * (1 - right) / len(series.y_test)) ** 0.5
    goal = max(error, ((published or right) * (1 - (published or right)) / len(series.y_test)) ** 0.5)
    return [
        name,
        f"{len(series.y)} + {len(series.y_test)}",
        frame.interval(told, ".3f"),
        "-" if published is None else f"{published:.3f}",
        f"{warped:.3f}",
        f"{goal:.3f}",
        frame.interval(seconds, ".0f"),
        "-" if published is None else "yes" if right >= published - goal else "no",
        "yes" if right >= warped else "no",
    ]


def main() -> None:
    """Print the table, line by line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few epochs, one seed")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--only", choices=SETS)
    parser.add_argument("--lstm", action="store_true", help="RecurrentClassifier() in its place")
    asked = parser.parse_args()
    print(f"{frame.machine()}; {frame.versions(('torch', 'numpy'))}\n", flush=True)
    print(frame.markdown(HEADER, []), flush=True)
    for name in SETS:
        if asked.only in (None, name):
            line = classify(name, 1 if asked.quick else asked.seeds, quick=asked.quick, lstm=asked.lstm)
            print(f"| {' | '.join(line)} |", flush=True)


if __name__ == "__main__":
    main()
