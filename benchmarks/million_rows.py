"""A table of 1,000,000 rows and 20 columns: what `netwright fit` takes of memory beside the table's own.

make bench-million-rows                     about six minutes
make bench-million-rows ARGS="--epochs 1"   what stands there goes on to `netwright fit`
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from frame import machine

N_ROWS, N_NUMBERS = 1_000_000, 15
LEVELS = (2, 10, 100, 1_000, 5_000)


def make_table(n_rows: int) -> pd.DataFrame:
    """Numbers with missing values, categories of up to 5,000 levels, and a target that both decide."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({f"number{i}": rng.normal(size=n_rows) for i in range(N_NUMBERS)})
    signal = np.sin(2 * frame["number0"]) + frame["number1"] * frame["number2"]
    for place, k in enumerate(LEVELS):
        codes = np.minimum((rng.random(n_rows) ** 2 * k).astype(int), k - 1)
        frame[f"category{place}"] = np.array([f"level {code}" for code in range(k)], dtype=object)[codes]
        signal = signal + rng.normal(scale=0.5, size=k)[codes]
    for i in range(3):
        frame.loc[rng.random(n_rows) < 0.3, f"number{i}"] = np.nan
    frame["target"] = np.where(signal + rng.logistic(size=n_rows) > 0, "yes", "no")
    return frame.drop(columns="number14")


def write(folder: Path) -> None:
    """Write the table and its first 1,000 rows, and print how many MB it takes in memory."""
    frame = make_table(N_ROWS)
    frame.to_csv(folder / "million.csv", index=False)
    frame.head(1_000).to_csv(folder / "thousand.csv", index=False)
    print(frame.memory_usage(deep=True).sum() / 2**20)


def run(command: list[str]) -> tuple[float, float]:
    """Seconds and peak resident MB of one command."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main(options: list[str]) -> None:
    """Print the table's own size, the peaks, and their ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # in a process of its own: a child's peak begins with what its parent has held
        writing = [sys.executable, __file__, "--write", name]
        own = float(subprocess.run(writing, capture_output=True, text=True, check=True).stdout)
        job = [sys.executable, "-m", "netwright", "fit", "--target", "target", *options]
        _, fixed = run([*job, str(folder / "thousand.csv"), "--out", str(folder / "small")])
        seconds, peak = run([*job, str(folder / "million.csv"), "--out", str(folder / "large")])
    print(f"{machine()}\n")
    print(f"what the table adds           {(peak - fixed) / own:7.2f} x its own size (goal: below 3)")
    print(f"the whole process             {peak / own:7.2f} x the table's own size")
    print(f"the table in memory           {own:7.0f} MB ({N_ROWS:,} rows x 20 columns)")
    print(f"fit on 1,000 rows of it       {fixed:7.0f} MB at its peak: Python, torch and scikit-learn")
    print(f"fit on all                    {peak:7.0f} MB at its peak, {seconds:.0f} s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write(Path(sys.argv[2]))
    else:
        main(sys.argv[1:])
