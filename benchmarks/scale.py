"""How netwright's speed and memory grow: with rows, in memory and streamed; with width, depth and processes.

    make bench-scale                        everything: about nine minutes, and 0.9 GB in .cache
    make bench-scale ARGS="--quick"         few rows, one round: whether it runs
    make bench-scale ARGS="--only rows"     rows, width, depth or processes

Streamed rows are read in a process that may map no more than half of the largest table beyond what Python
and its libraries have mapped before (RLIMIT_AS, what `ulimit -v` sets): the table cannot be in memory.
"""

import argparse
import math
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import frame

PARTS = frame.CACHE / "scale"
ROWS_IN_PART, N_COLUMNS = 100_000, 20
BYTES_OF_ROW = 4 * N_COLUMNS + 8
ROOM = 10_000_000 * BYTES_OF_ROW // 2
"""Bytes that a limited process may map beyond its libraries: half of the largest table."""

ROUNDS, BATCH = 3, 256
LEAST_ROWS = 200_000
"""A smaller table is passed over more than once, so that there is something to measure."""


def measure(n_rows: int, hidden: list[int], batch: int, threads: int, source: str, *, limited: bool) -> None:
    """Fit rows in memory or streamed in this process, and tell what one epoch took."""
    from torch import nn

    from netwright.training import Supervised, Training
    from netwright.training.objective import count_work
    from netwright.training.streams import ParquetStream

    sizes = [N_COLUMNS, *hidden]
    layers = [part for ends in pairwise(sizes) for part in (nn.Linear(*ends), nn.ReLU())]
    network = nn.Sequential(*layers, nn.Linear(sizes[-1], 2))
    if limited:
        limit_memory()
    paths = part_files(n_rows)
    samples = ParquetStream(paths, target="y") if source == "streamed" else in_memory(paths, n_rows)
    epochs = 1 if len(samples) >= LEAST_ROWS else LEAST_ROWS // len(samples)
    recipe = Training(epochs=epochs, batch_size=batch, learning_rate=1e-3, validation=0.0, threads=threads)
    recipe.set_params(epochs=1).run(network, Supervised(nn.CrossEntropyLoss()), in_memory(paths, 2 * batch))
    with frame.Clock() as clock:
        recipe.set_params(epochs=epochs).run(network, Supervised(nn.CrossEntropyLoss()), samples)
    if os.environ.get("RANK", "0") == "0":
        frame.tell(
            cpu=clock.cpu / epochs,
            wall=clock.wall / epochs,
            work=count_work(network.parameters(), 1),
        )


def limit_memory() -> None:
    """Let this process map no more than `ROOM` beyond what it has mapped."""
    import resource

    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + ROOM, mapped + ROOM))


def in_memory(paths: list[Path], n_rows: int) -> Any:
    """The first rows of the table as tensors, read part by part."""
    import pyarrow.parquet as pq
    import torch

    from netwright.training import TensorSamples

    X, y = torch.empty(n_rows, N_COLUMNS), torch.empty(n_rows, dtype=torch.int64)
    for number, path in enumerate(paths):
        start = number * ROWS_IN_PART
        part = pq.read_table(path).slice(0, min(n_rows - start, ROWS_IN_PART)).to_pandas()
        X[start : start + len(part)] = torch.from_numpy(part.drop(columns="y").to_numpy())
        y[start : start + len(part)] = torch.tensor(part["y"].to_numpy())
    return TensorSamples(X, y)


def part_files(n_rows: int) -> list[Path]:
    """The files that hold that many rows."""
    return [PARTS / f"part-{number:03d}.parquet" for number in range(-(-n_rows // ROWS_IN_PART))]


def write_parts(n_rows: int) -> None:
    """Write the files that are not there yet: normal numbers, and a class that three of them decide."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    PARTS.mkdir(parents=True, exist_ok=True)
    for seed, path in enumerate(part_files(n_rows)):
        if path.exists():
            continue
        X = np.random.default_rng(seed).standard_normal((N_COLUMNS, ROWS_IN_PART), dtype=np.float32)
        columns = {f"x{place}": column for place, column in enumerate(X)}
        columns["y"] = (X[0] * X[1] + X[2] > 0).astype(np.int64)
        beside = path.with_suffix(".partial")
        pq.write_table(
            pa.table(columns), beside, row_group_size=50_000, compression="none", use_dictionary=False
        )
        beside.rename(path)


def command(n_rows: int, *, hidden: str = "128,64", processes: int = 1, **options: object) -> list[str]:
    """One process that measures, or several under torchrun."""
    words = [f"--{name}={value}" for name, value in options.items() if value is not True]
    words += [f"--{name}" for name, value in options.items() if value is True]
    start = frame.competitor(__file__, "--measure", f"--rows={n_rows}", f"--hidden={hidden}", *words)
    if processes == 1:
        return start
    torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    return [start[0], *torchrun, *start[1:]]


def by_rows(rounds: int, *, quick: bool) -> None:
    """Print how one epoch grows with rows, and the slope of its logarithm."""
    in_memory = [1_000, 10_000] if quick else [1_000, 10_000, 100_000, 1_000_000]
    streamed = [100_000] if quick else [100_000, 1_000_000, 10_000_000]
    commands = {(n, "in memory"): command(n) for n in in_memory}
    commands |= {(n, "streamed"): command(n, source="streamed", limited=True) for n in streamed}
    if not quick:
        commands[streamed[-1], "in memory, with the same limit"] = command(streamed[-1], limited=True)
    told = frame.compete({f"{n:,} rows {how}": call for (n, how), call in commands.items()}, rounds)
    lines, points = [], {}
    for n, how in commands:
        if answers := told.get(f"{n:,} rows {how}"):
            seconds = frame.middle(answers, "cpu")
            points.setdefault(how, []).append((n, seconds))
            rate = frame.interval([n / float(answer["cpu"]) for answer in answers], ",.0f")
            peak, size = frame.middle(answers, "peak_mb"), n * BYTES_OF_ROW / 2**20
            lines.append([rate, f"{n:,}", how, f"{seconds:.3f}", f"{size:,.1f}", f"{peak:,.0f}"])
    print(f"\nRows: 20 columns, hidden (128, 64), batches of {BATCH}, one thread; streamed rows in a process")
    print(f"that may map {ROOM / 2**20:,.0f} MB beyond its libraries\n")
    header = ["rows/s", "rows", "source", "an epoch, CPU s", "table, MB", "peak MB"]
    print(frame.markdown(header, lines), flush=True)
    for how, pairs in points.items():
        if len(pairs) > 1:
            print(f"\nSlope of log(seconds) over log(rows), {how}: {slope(pairs):.2f} (1 is linear).")


def slope(points: list[tuple[float, float]]) -> float:
    """Of the straight line nearest to the logarithms, by least squares."""
    x, y = ([math.log(point[axis]) for point in points] for axis in (0, 1))
    x_mean, y_mean = sum(x) / len(x), sum(y) / len(y)
    above = sum((a - x_mean) * (b - y_mean) for a, b in zip(x, y, strict=True))
    return above / sum((a - x_mean) ** 2 for a in x)


def by_shape(name: str, shapes: list[str], n_rows: int, rounds: int) -> None:
    """Print speed and operations per second for nets of growing width or depth."""
    told = frame.compete({shape: command(n_rows, hidden=shape) for shape in shapes}, rounds)
    lines = []
    for shape, answers in told.items():
        rates = [n_rows / float(answer["cpu"]) for answer in answers]
        work = frame.middle(answers, "work")
        speed = frame.interval([rate * work / 1e9 for rate in rates], ".1f")
        hidden = shape.split(",")
        size = hidden[0] if name == "width" else str(len(hidden))
        lines.append([speed, size, f"{work / 6:,.0f}", frame.interval(rates, ",.0f")])
    what = "two hidden layers" if name == "width" else "hidden layers of 128"
    print(f"\n{name.capitalize()}: {what}, 20 columns, batches of {BATCH}, one thread\n")
    print(frame.markdown(["10^9 operations/s", name, "weights", "rows/s"], lines), flush=True)


def by_processes(n_rows: int, rounds: int) -> None:
    """Print what a second process under torchrun buys, beside a second thread."""
    two = {"one process": {}, "two threads": {"threads": 2}, "two processes": {"processes": 2}}
    lines = []
    for hidden, batch in (("128,64", 256), ("512,512", 1_024)):
        calls = {name: command(n_rows, hidden=hidden, batch=batch, **how) for name, how in two.items()}
        told = frame.compete(calls, rounds, {"OMP_NUM_THREADS": "2"})
        one = [float(answer["wall"]) for answer in told["one process"]]
        for name, answers in told.items():
            walls = [float(answer["wall"]) for answer in answers]
            ratios = [first / wall for first, wall in zip(one, walls, strict=True)]
            rate = frame.interval([n_rows / wall for wall in walls], ",.0f")
            lines.append([frame.interval(ratios), name, f"({hidden.replace(',', ', ')})", str(batch), rate])
    print("\nProcesses: wall time, the same whole batch\n")
    print(frame.markdown(["times as fast", "", "hidden", "batch", "rows/s"], lines), flush=True)


def main() -> None:
    """Measure in this process where asked to (`--measure`), else start all that there is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few rows, one round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", choices=["rows", "width", "depth", "processes"])
    parser.add_argument("--measure", action="store_true", help="measure in this process, and tell")
    parser.add_argument("--write", type=int, help="write a table of that many rows")
    parser.add_argument("--rows", type=int, default=ROWS_IN_PART)
    parser.add_argument("--hidden", default="128,64")
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--source", choices=["memory", "streamed"], default="memory")
    parser.add_argument("--limited", action="store_true")
    asked = parser.parse_args()
    if asked.write:
        write_parts(asked.write)
    elif asked.measure:
        hidden = [int(units) for units in asked.hidden.split(",")]
        measure(asked.rows, hidden, asked.batch, asked.threads, asked.source, limited=asked.limited)
    else:
        compare(asked.only, asked.rounds, quick=asked.quick)


def compare(only: str | None, rounds: int, *, quick: bool) -> None:
    """Print a table for each question."""
    largest = ROWS_IN_PART if quick or only not in (None, "rows") else 10_000_000
    subprocess.run([sys.executable, __file__, f"--write={largest}"], check=True)
    print(f"{frame.machine()}; {frame.versions(['torch', 'numpy', 'pyarrow'])}", flush=True)
    rounds, n_rows = (1, 5_000) if quick else (rounds, ROWS_IN_PART)
    widths = [f"{units},{units}" for units in (32, 64, 128, 256, 512, 1_024)]
    depths = [",".join(["128"] * layers) for layers in (1, 2, 4, 8, 16)]
    if only in (None, "rows"):
        by_rows(rounds, quick=quick)
    if only in (None, "width"):
        by_shape("width", widths[: 2 if quick else None], n_rows, rounds)
    if only in (None, "depth"):
        by_shape("depth", depths[: 2 if quick else None], n_rows, rounds)
    if only in (None, "processes"):
        by_processes(n_rows, rounds)


if __name__ == "__main__":
    main()
