"""A table of 1,000,000 rows and 20 columns: what `netwright fit` takes of memory beside the table's own."""

import resource
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
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert peak > before, "a larger child ran before; its peak hides this one's"
    return time.perf_counter() - start, peak / 1024


def main() -> None:
    """Print the table's own size, the peaks, and their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "million.csv"
        frame = make_table(N_ROWS)
        own = frame.memory_usage(deep=True).sum() / 2**20
        frame.to_csv(file, index=False)
        del frame
        imports = "import netwright.workbench"
        _, bare = run([sys.executable, "-c", imports])
        job = [sys.executable, "-m", "netwright", "fit", str(file), "--target", "target"]
        seconds, peak = run([*job, "--out", str(Path(folder) / "job"), *sys.argv[1:]])
        print(f"table in memory   {own:7.0f} MB ({N_ROWS:,} rows x 20 columns)")
        print(f"imports alone     {bare:7.0f} MB")
        print(f"netwright fit     {peak:7.0f} MB at its peak, {seconds:.0f} s")
        print(f"ratio             {(peak - bare) / own:7.2f} x the table above the imports (goal: below 3)")
        print(f"whole process     {peak / own:7.2f} x the table")


if __name__ == "__main__":
    main()
