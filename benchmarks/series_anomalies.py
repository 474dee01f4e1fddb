"""Watching a real series: an anomaly in blood pressure, by the detectors as they are.

    make bench-series_anomalies                   one minute
    make bench-series_anomalies ARGS="--quick"    one epoch: whether it runs

The series is number 135 of the UCR anomaly archive (InternalBleeding16), as aeon brings it: 1,200 usual steps
to learn from, and 6,301 more with one anomaly of twelve steps. As in the archive's contest, it counts as
found when the oddest step lies within 100 steps of it (Wu and Keogh 2020, arXiv:2009.13807). Alarms elsewhere
are false.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import frame

ROOT = Path(__file__).resolve().parents[1]
NEAR = 100
HEADER = [
    "detector",
    "oddest step",
    "found",
    "alarms there",
    "false alarms",
    "of steps",
    "fit, s",
    "judge, s",
]


def detectors(*, quick: bool) -> dict[str, Any]:
    """The detectors, unfitted."""
    from netwright.sequence import (
        ForecastBandDetector,
        RecurrentForecaster,
        SeriesAnomalyDetector,
        SeriesReconstructionDetector,
    )
    from netwright.training import Training

    recipe = Training(epochs=1) if quick else None
    forecaster = RecurrentForecaster(horizon=1, training=recipe, random_state=0)
    return {
        "ForecastBandDetector": ForecastBandDetector(forecaster),
        "SeriesAnomalyDetector": SeriesAnomalyDetector(training=recipe, random_state=0),
        "SeriesReconstructionDetector": SeriesReconstructionDetector(training=recipe, random_state=0),
        "SeriesReconstructionDetector, windows of 64": SeriesReconstructionDetector(
            window=64, training=recipe, random_state=0
        ),
    }


def load() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The usual steps, all steps, and where the anomaly is."""
    sys.path.append(str(ROOT / "tools"))
    from fetch_data import fetch

    folder = fetch("series") / "aeon" / "datasets" / "data" / "KDD-TSAD_135"
    first, whole = (
        pd.read_csv(folder / f"135_UCR_Anomaly_InternalBleeding16_{part}.csv") for part in ("TRAIN", "TEST")
    )
    return first["value"].to_numpy(), whole["value"].to_numpy(), np.flatnonzero(whole["is_anomaly"])


def watch(name: str, detector: Any) -> list[str]:
    """One line of the table."""
    usual, x, odd = load()
    start = time.perf_counter()
    detector.fit(usual)
    fitted = time.perf_counter()
    scores = detector.score_samples(x)[len(usual) :]
    judged = time.perf_counter()
    alarms = len(usual) + np.flatnonzero(scores < detector.offset_)
    oddest = len(usual) + int(scores.argmin())
    near = (alarms >= odd[0] - NEAR) & (alarms <= odd[-1] + NEAR)
    return [
        name,
        f"{oddest} ({odd[0]} to {odd[-1]})",
        "yes" if odd[0] - NEAR <= oddest <= odd[-1] + NEAR else "no",
        f"{near.sum()}",
        f"{(~near).sum()}",
        f"{len(scores):,}",
        f"{fitted - start:.0f}",
        f"{judged - fitted:.0f}",
    ]


def main() -> None:
    """Print the table, line by line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one epoch")
    asked = parser.parse_args()
    print(f"{frame.machine()}; {frame.versions(('torch', 'numpy'))}\n", flush=True)
    print(frame.markdown(HEADER, []), flush=True)
    for name, detector in detectors(quick=asked.quick).items():
        print(f"| {' | '.join(watch(name, detector))} |", flush=True)


if __name__ == "__main__":
    main()
