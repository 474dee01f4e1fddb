"""The rows that competitors learn from: prepared once, kept as .npy files, loaded by each process."""

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "bench"
WORDS = ["carrier", "origin", "dest", "weekday", "hour"]
LEFT_OUT = ["time_hour", "sched_dep_time", "tailnum", "manufacturer", "model"]


class Rows(NamedTuple):
    """float32 columns and int64 classes, to learn from and to judge by."""

    X: np.ndarray
    y: np.ndarray
    X_judge: np.ndarray
    y_judge: np.ndarray


def load(name: str, n_rows: int | None = None) -> Rows:
    """Load prepared rows; of the first n_rows, four fifths to learn from."""
    X, y = (np.load(CACHE / f"{name}_{part}.npy", mmap_mode="r") for part in "Xy")
    end = len(y) if n_rows is None else min(n_rows, len(y))
    cut = end * 4 // 5
    parts = (X[:cut], y[:cut], X[cut:end], y[cut:end])
    return Rows(*(np.array(part) for part in parts))


def prepare() -> None:
    """Write the flights and the digits in a drawn order, where they are not there yet."""
    for name, make in {"flights": flights, "digits": digits}.items():
        if (CACHE / f"{name}_y.npy").exists():
            continue
        X, y = make()
        order = np.random.default_rng(0).permutation(len(y))
        CACHE.mkdir(parents=True, exist_ok=True)
        np.save(CACHE / f"{name}_X.npy", X[order].astype(np.float32))
        np.save(CACHE / f"{name}_y.npy", y[order].astype(np.int64))


def flights() -> tuple[np.ndarray, np.ndarray]:
    """300,000 flights that arrived: one-hot and standardised columns known before departure; late or not."""
    import pandas as pd

    sys.path.append(str(ROOT / "tools"))
    from build_flights import TARGETS, join_tables, read_tables, sample_arrived
    from fetch_data import fetch

    tables = read_tables(fetch("flights"))
    table = join_tables(sample_arrived(tables["flights"], 300_000), tables["weather"], tables["planes"])
    late = (table["late"] == "yes").to_numpy()
    table = table.drop(columns=[*TARGETS, *LEFT_OUT])
    numbers = table.drop(columns=WORDS).astype(np.float32)
    scaled = ((numbers - numbers.mean()) / numbers.std()).fillna(0.0)
    missing = numbers.isna().loc[:, numbers.isna().mean() > 0.01]
    one_hot = pd.get_dummies(table[WORDS].astype(str))
    return np.hstack([scaled, missing, one_hot]).astype(np.float32), late


def digits() -> tuple[np.ndarray, np.ndarray]:
    """1,797 images of 8 x 8 in standardised columns; the digit."""
    from sklearn.datasets import load_digits
    from sklearn.preprocessing import StandardScaler

    X, y = load_digits(return_X_y=True)
    return StandardScaler().fit_transform(X), y


if __name__ == "__main__":
    prepare()
