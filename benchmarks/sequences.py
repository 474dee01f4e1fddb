"""Recurrent nets: what an epoch takes in netwright and its peers, and what batches of like lengths save.

    make bench-sequences                      everything: about a quarter of an hour
    make bench-sequences ARGS="--quick"       few series, one round: whether it runs
    make bench-sequences ARGS="--only equal"  equal or skewed

equal: LSTM and GRU of 64 units on 10,000 series of 28 steps of 28 features. skewed: the LSTM on 3,000 series
of 8 features whose lengths are log-normal. All on one thread, each in a process of its own; the median of the
epochs after the first.
"""

import argparse
from collections.abc import Sequence
from statistics import median

import frame
from peers.sequences import EQUAL, SKEWED, Task, equal, skewed

ROUNDS, EPOCHS = 3, 4
ROWS = {"equal": 10_000, "skewed": 3_000}
QUICK_ROWS = 640
PACKAGES = ("torch", "numpy", "keras", "jax")
ALL = {"equal": (equal, EQUAL, ("LSTM", "GRU")), "skewed": (skewed, SKEWED, ("LSTM",))}


def measure(kind: str, name: str, n_rows: int, task: Task) -> None:
    """Fit one library in this process, and tell what its epochs took."""
    make, libraries, _ = ALL[kind]
    data = make(n_rows)
    with frame.Clock() as clock:
        seconds = libraries[name](data, task)
    frame.tell(epoch=median(seconds[1:] or seconds), cpu=clock.cpu)


def compare(kind: str, n_rows: int, rounds: int) -> None:
    """Print a table for each cell."""
    _, libraries, cells = ALL[kind]
    for cell in cells:
        options = ["--kind", kind, "--cell", cell, "--n-rows", n_rows]
        told = frame.compete(
            {name: frame.competitor(__file__, "--measure", name, *options, peers=True) for name in libraries},
            rounds,
        )
        print(f"\n{cell} of 64 units, {n_rows:,} series of {kind} lengths, batches of 64, one thread\n")
        lines = [_line(name, told["netwright"], answers) for name, answers in told.items()]
        print(frame.markdown(["netwright is", "library", "an epoch, s", "peak MB"], lines), flush=True)


def _line(name: str, ours: Sequence[frame.Told], theirs: Sequence[frame.Told]) -> list[str]:
    ratios = [float(one["epoch"]) / float(own["epoch"]) for own, one in zip(ours, theirs, strict=True)]
    epochs = [float(answer["epoch"]) for answer in theirs]
    return [frame.interval(ratios), name, frame.interval(epochs), f"{frame.middle(theirs, 'peak_mb'):,.0f}"]


def main() -> None:
    """Run one library where asked to (`--measure`), else everything in turn."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few series, one round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", choices=ALL)
    parser.add_argument("--measure", choices=[*EQUAL, *SKEWED], help="fit this one here, and tell")
    parser.add_argument("--kind", choices=ALL, default="equal")
    parser.add_argument("--cell", choices=("LSTM", "GRU"), default="LSTM")
    parser.add_argument("--n-rows", type=int)
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.kind, asked.measure, asked.n_rows or ROWS[asked.kind], Task(asked.cell, EPOCHS))
        return
    print(f"{frame.machine()}; {frame.versions(PACKAGES, peers=True)}", flush=True)
    for kind, n_rows in ROWS.items():
        if asked.only in (None, kind):
            compare(kind, QUICK_ROWS if asked.quick else n_rows, 1 if asked.quick else asked.rounds)


if __name__ == "__main__":
    main()
