"""Series with labels: the default classifier on six sets of the UCR and UEA archives.

    make bench-series_classification                            everything, three seeds
    make bench-series_classification ARGS="--quick"             few epochs, one seed: whether it runs
    make bench-series_classification ARGS="--only GunPoint --net lstm-fcn"

The sets come with aeon, whose wheel is downloaded and never installed. Each has its training and test series;
the estimator is `ConvSequenceClassifier()` as it is, unless `--net` names another. Beside it stand the
nearest neighbour by dynamic time warping (full window, computed here), and what others have published:

* the fully convolutional network by Ismail Fawaz et al. (2019), "Deep learning for time series
  classification: a review", arXiv:1809.04356, means of ten runs (ACSF1: of the five in results-ucr-128.csv of
  its repository, hfawaz/dl-4-tsc; JapaneseVowels: results-mts-avg-std.csv there);
* LSTM-FCN by Karim et al. (2017), arXiv:1709.05206, one run of each, with 8, 64 or 128 cells, at the epoch of
  least training loss (Results/train_loss_old_datasets.csv of its repository, titu1994/LSTM-FCN).
"""

import argparse
import sys
import time
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import numpy as np

import frame
from peers.dtw import nearest

ROOT = Path(__file__).resolve().parents[1]
SEEDS = 3
SETS: dict[str, tuple[float | None, float | None]] = {
    "GunPoint": (1.000, 1.000),
    "ItalyPowerDemand": (0.961, 0.962),
    "ArrowHead": (0.843, 0.897),
    "ACSF1": (0.898, None),
    "BasicMotions": (None, None),
    "JapaneseVowels": (0.993, None),
}
"""And the published accuracies of the fully convolutional network and of LSTM-FCN, where there are any."""
HEADER = [
    "set",
    "series",
    "test accuracy",
    "FCN, published",
    "LSTM-FCN, published",
    "1-NN-DTW",
    "one standard error",
    "fit, s",
    "within FCN's",
    "within LSTM-FCN's",
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


def estimator(net: str, n_steps: int) -> Any:
    """The estimator of that name, unfitted."""
    from netwright.layers import LSTMCell
    from netwright.nets import SequenceLSTMFCN
    from netwright.sequence import ConvSequenceClassifier, RecurrentClassifier

    if net == "lstm":
        return RecurrentClassifier(LSTMCell)
    return ConvSequenceClassifier(partial(SequenceLSTMFCN, n_steps=n_steps) if net == "lstm-fcn" else None)


def classify(name: str, seeds: int, net: str, *, quick: bool) -> list[str]:
    """One line of the table."""
    from netwright.training import Training

    series = load(name)
    told, seconds = [], []
    for seed in range(seeds):
        start = time.perf_counter()
        model = estimator(net, max(map(len, series.X)))
        model.set_params(training=Training(epochs=10) if quick else None, random_state=seed)
        model.fit(series.X, series.y)
        seconds.append(time.perf_counter() - start)
        told.append(float(model.score(series.X_test, series.y_test)))
    warped = float((nearest(list(series.X), series.y, list(series.X_test)) == series.y_test).mean())
    right = mean(told)

    def error(share: float) -> float:
        return float((share * (1 - share) / len(series.y_test)) ** 0.5)

    published = SETS[name]
    within = [
        "-" if one is None else "yes" if right >= one - max(error(right), error(one)) else "no"
        for one in published
    ]
    return [
        name,
        f"{len(series.y)} + {len(series.y_test)}",
        frame.interval(told, ".3f"),
        *("-" if one is None else f"{one:.3f}" for one in published),
        f"{warped:.3f}",
        f"{max(error(one) for one in (right, *published) if one is not None):.3f}",
        frame.interval(seconds, ".0f"),
        *within,
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
    parser.add_argument("--net", choices=("default", "lstm", "lstm-fcn"), default="default")
    asked = parser.parse_args()
    print(f"{frame.machine()}; {frame.versions(('torch', 'numpy'))}\n", flush=True)
    print(frame.markdown(HEADER, []), flush=True)
    for name in SETS:
        if asked.only in (None, name):
            line = classify(name, 1 if asked.quick else asked.seeds, asked.net, quick=asked.quick)
            print(f"| {' | '.join(line)} |", flush=True)


if __name__ == "__main__":
    main()
