"""A table of 1,000,000 rows and 20 columns: what `netwright fit` takes of memory beside the table's own."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

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


def run(command: list[str]) -> tuple[float, float]:
    """Seconds and peak resident MB of one command."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main() -> None:
    """Print the table's own size, the peaks, and their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "million.csv"
        frame = make_table(N_ROWS)
        own = frame.memory_usage(deep=True).sum() / 2**20
        frame.to_csv(file, index=False)
        small = Path(folder) / "thousand.csv"
        frame.head(1_000).to_csv(small, index=False)
        del frame
        job = [sys.executable, "-m", "netwright", "fit", "--target", "target", *sys.argv[1:]]
        _, fixed = run([*job, str(small), "--out", str(Path(folder) / "small")])
        seconds, peak = run([*job, str(file), "--out", str(Path(folder) / "large")])
        print(f"the table in memory           {own:7.0f} MB ({N_ROWS:,} rows x 20 columns)")
        print(f"fit on 1,000 rows of it       {fixed:7.0f} MB at its peak: Python, torch and scikit-learn")
        print(f"fit on all                    {peak:7.0f} MB at its peak, {seconds:.0f} s")
        print(f"what the table adds           {(peak - fixed) / own:7.2f} x its own size (goal: below 3)")
        print(f"the whole process             {peak / own:7.2f} x the table's own size")


if __name__ == "__main__":
    main()
