"""The same net of three layers in netwright and its peers: 300,000 flights, and scikit-learn's digits.

    make bench-table                          everything: about seven minutes
    make bench-table ARGS="--quick"           few rows, one round: whether it runs
    make bench-table ARGS="--only digits"     flights, digits or neighbour

Every library fits the same net with the same batches, epochs and optimizer, on one thread, in a process of
its own. What each figure means stands in docs/benchmarks.md.
"""

import argparse
import os
from collections.abc import Sequence

import frame
from peers.table import LIBRARIES, Task

ROUNDS = 3
EQUAL = 0.003
"""Scores further apart than this are named. One of the 360 digits that judge makes 0.0028."""

TASKS = {
    "flights": ("ROC AUC", 300_000, Task(epochs=2, batch_size=256, n_classes=2)),
    "digits": ("accuracy", 1_797, Task(epochs=30, batch_size=32, n_classes=10)),
}
HEADER = ["netwright is", "library", "rows/s", "fit, CPU s", "wall s", "start s", "predict s", "peak MB"]
QUICK_ROWS = 5_000
QUIET = "one thread, alone"
PACKAGES = ("torch", "numpy", "scikit-learn", "skorch", "keras", "jax", "lightning", "fastai")


def measure(name: str, rows: str, n_rows: int, task: Task, n_neighbours: int) -> None:
    """Fit one library in this process and tell what it took; the first fits, on two batches, warm it up."""
    from sklearn.metrics import accuracy_score, roc_auc_score

    fit, data = LIBRARIES[name], frame.load(rows, n_rows)
    first = slice(2 * task.batch_size)
    for _ in range(2):  # lazy imports and first calls belong to nobody's fit
        with frame.Clock() as start:
            fit(data.X[first], data.y[first], task._replace(epochs=1))
    with frame.neighbours(n_neighbours), frame.Clock() as fitting:
        fitted = fit(data.X, data.y, task)
    fitted.scores(data.X_judge)
    with frame.Clock() as predicting:
        scores = fitted.scores(data.X_judge)
    if task.n_classes == 2:
        score = roc_auc_score(data.y_judge, scores[:, 1] - scores[:, 0])
    else:
        score = accuracy_score(data.y_judge, scores.argmax(1))
    frame.tell(
        rows_per_second=len(data.y) * task.epochs / fitting.cpu,
        wall=fitting.wall,
        cpu=fitting.cpu,
        start=start.cpu,
        predict=predicting.cpu,
        score=float(score),
        n_weights=fitted.n_weights,
    )


def compare(rows: str, rounds: int, *, quick: bool) -> None:
    """Print the table of all libraries on one task."""
    metric, n_rows, task = TASKS[rows]
    if quick:
        n_rows, task = min(n_rows, QUICK_ROWS), task._replace(epochs=1)
    options = ["--rows", rows, "--n-rows", n_rows, "--epochs", task.epochs]
    told = frame.compete(
        {name: frame.competitor(__file__, "--measure", name, *options, peers=True) for name in LIBRARIES},
        rounds,
    )
    n_learn = n_rows * 4 // 5
    print(
        f"\n{rows}: {n_learn:,} rows to learn from, {n_rows - n_learn:,} to judge by, epochs {task.epochs}, "
        f"batches of {task.batch_size}, one thread, rounds {rounds}\n"
    )
    header = [*HEADER, metric]
    print(frame.markdown(header, [line(name, told["netwright"], told[name]) for name in told]))
    weights = sorted({int(answer["n_weights"]) for answers in told.values() for answer in answers})
    print(f"\nWeights of the nets: {' and '.join(f'{n:,}' for n in weights)}.")
    scores = {name: frame.middle(answers, "score") for name, answers in told.items()}
    apart = [name for name, score in scores.items() if abs(score - scores["netwright"]) > EQUAL]
    print(f"{metric} further than {EQUAL} from netwright's: {'; '.join(apart) or 'none'}.", flush=True)


def line(name: str, ours: Sequence[frame.Told], theirs: Sequence[frame.Told]) -> list[str]:
    """One library's line; the ratio is taken round by round, of runs that stood next to each other."""
    rate = "rows_per_second"
    ratios = [float(one[rate]) / float(other[rate]) for one, other in zip(ours, theirs, strict=True)]
    return [
        frame.interval(ratios),
        name,
        f"{frame.middle(theirs, rate):,.0f}",
        frame.interval([float(answer["cpu"]) for answer in theirs]),
        f"{frame.middle(theirs, 'wall'):.2f}",
        f"{frame.middle(theirs, 'start'):.3f}",
        f"{frame.middle(theirs, 'predict'):.3f}",
        f"{frame.middle(theirs, 'peak_mb'):,.0f}",
        frame.interval([float(answer["score"]) for answer in theirs], ".4f"),
    ]


def neighbour(rounds: int, *, quick: bool) -> None:
    """Print what netwright's fit takes while a process spins on every core but one."""
    _, n_rows, task = TASKS["flights"]
    options = ["--rows", "flights", "--n-rows", QUICK_ROWS if quick else n_rows, "--epochs", task.epochs]
    alone = frame.competitor(__file__, "--measure", "netwright", *options, peers=True)
    busy = [*alone, "--neighbours", str(max(1, (os.cpu_count() or 2) - 1))]
    told = frame.compete(
        {
            QUIET: [*alone, "--threads", "1"],
            "as chosen, beside a busy neighbour": busy,
            "two threads, beside a busy neighbour": [*busy, "--threads", "2"],
        },
        rounds,
        {"OMP_NUM_THREADS": str(os.cpu_count())},
    )
    quiet = [float(answer["wall"]) for answer in told[QUIET]]
    lines = []
    for name, answers in told.items():
        walls = [float(answer["wall"]) for answer in answers]
        ratios = [wall / one for wall, one in zip(walls, quiet, strict=True)]
        lines.append([frame.interval(ratios), name, frame.interval(walls)])
    print("\nnetwright on the flights, and a process that spins on every core but one\n")
    print(frame.markdown(["times the first line", "threads", "fit, wall s"], lines), flush=True)


def main() -> None:
    """Run one library where asked to (`--measure`), else all of them in turn."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few rows, one round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", choices=[*TASKS, "neighbour"])
    parser.add_argument("--measure", choices=LIBRARIES, help="fit this one in this process, and tell")
    parser.add_argument("--rows", choices=TASKS, default="flights")
    parser.add_argument("--n-rows", type=int)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--neighbours", type=int, default=0)
    asked = parser.parse_args()
    if asked.measure:
        task = TASKS[asked.rows][2]._replace(epochs=asked.epochs, threads=asked.threads)
        measure(asked.measure, asked.rows, asked.n_rows, task, asked.neighbours)
        return
    frame.prepare()
    print(f"{frame.machine()}; {frame.versions(PACKAGES, peers=True)}", flush=True)
    rounds = 1 if asked.quick else asked.rounds
    for rows in TASKS:
        if asked.only in (None, rows):
            compare(rows, rounds, quick=asked.quick)
    if asked.only in (None, "neighbour"):
        neighbour(rounds, quick=asked.quick)


if __name__ == "__main__":
    main()
