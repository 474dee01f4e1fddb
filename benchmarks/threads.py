"""From how much work per step a second thread pays: what the rule of `core.device.choose_threads` rests on.

    make bench-threads                  about four minutes, on a machine that does nothing else
    make bench-threads ARGS="--quick"   two small nets, one round: whether it runs

Nets of growing width learn with one thread and with two, by the hand-written passes and by autograd. The
ratio of their wall times is read off between the nets, on the logarithm of the work.
"""

import argparse
import math
from itertools import pairwise

import frame

WIDTHS = (64, 128, 256, 512, 1_024, 2_048)
N_COLUMNS, BATCH, ROUNDS = 128, 256, 3
OPERATIONS, QUICK = 6e10, 1e9
"""In one run: about a second on one core; and where it is only asked whether it runs."""
GAINS = (1.0, 1.3, 1.5)


def measure(widths: list[int], threads: int, operations: float, *, by_hand: bool) -> None:
    """Fit each net in this process and tell its rows per second of wall time."""
    import torch
    from torch import nn

    from netwright.training import Supervised, TensorSamples, Training
    from netwright.training.engine import Engine

    recipe = Training(
        epochs=1,
        batch_size=BATCH,
        learning_rate=1e-3,
        validation=0.0,
        threads=threads,
        engine=Engine(fast_path=by_hand),
    )
    objective, figures = Supervised(nn.CrossEntropyLoss()), {}
    for width in widths:
        n_rows = max(8 * BATCH, min(400_000, int(operations / work_of_step(width) * BATCH)))
        samples = TensorSamples(torch.randn(n_rows, N_COLUMNS), torch.randint(2, (n_rows,)))
        layers = [nn.Linear(N_COLUMNS, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()]
        network = nn.Sequential(*layers, nn.Linear(width, 2))
        recipe.run(
            network, objective, TensorSamples(samples.inputs[: 2 * BATCH], samples.target[: 2 * BATCH])
        )
        with frame.Clock() as clock:
            recipe.run(network, objective, samples)
        figures[str(width)] = n_rows / clock.wall
    frame.tell(**figures)


def work_of_step(width: int) -> float:
    """Floating-point operations of one step, as netwright counts them."""
    return 6.0 * BATCH * (N_COLUMNS * width + width * width + 2 * width)


def crossing(points: list[tuple[float, float]], gain: float) -> float | None:
    """The work from which on the gain is at least that much; None where the largest net falls short."""
    if points[-1][1] < gain:
        return None
    for (work, less), (more_work, more) in reversed(list(pairwise(points))):
        if less < gain:
            share = (gain - less) / (more - less)
            return math.exp((1 - share) * math.log(work) + share * math.log(more_work))
    return points[0][0]


def compare(widths: tuple[int, ...], operations: float, rounds: int) -> None:
    """Print the gain of the second thread by work, and where it crosses what it costs."""
    ways = {"by hand": ["--by-hand"], "autograd": []}
    chosen = [f"--widths={','.join(map(str, widths))}", f"--operations={operations}"]
    told = frame.compete(
        {
            f"{way}, threads {threads}": frame.competitor(
                __file__, "--measure", *chosen, f"--threads={threads}", *words
            )
            for way, words in ways.items()
            for threads in (1, 2)
        },
        rounds,
        {"OMP_NUM_THREADS": "2"},
    )
    lines, found = [], []
    for way in ways:
        pairs = list(zip(told[f"{way}, threads 1"], told[f"{way}, threads 2"], strict=True))
        points = []
        for width in widths:
            gains = [float(two[str(width)]) / float(one[str(width)]) for one, two in pairs]
            rates = [f"{frame.middle(side, str(width)):,.0f}" for side in zip(*pairs, strict=True)]
            lines.append([frame.interval(gains), way, str(width), f"{work_of_step(width):.1e}", *rates])
            points.append((work_of_step(width), sorted(gains)[len(gains) // 2]))
        for gain in GAINS:
            work = crossing(points, gain)
            where = "by none of these nets" if work is None else f"from {work:.1e} operations a step"
            found.append(f"{way}: two threads are {gain} times as fast {where}.")
    print(f"\nTwo hidden layers, {N_COLUMNS} columns, batches of {BATCH}, wall time, rounds {rounds}\n")
    header = [
        "two threads are",
        "passes",
        "width",
        "operations a step",
        "rows/s, 1 thread",
        "rows/s, 2 threads",
    ]
    print(frame.markdown(header, lines))
    print("\n" + "\n".join(found), flush=True)


def main() -> None:
    """Measure in this process where asked to (`--measure`), else start all that there is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="two small nets, one round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--measure", action="store_true", help="measure in this process, and tell")
    parser.add_argument("--widths", default="64")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--operations", type=float, default=OPERATIONS)
    parser.add_argument("--by-hand", action="store_true")
    asked = parser.parse_args()
    if asked.measure:
        widths = [int(width) for width in asked.widths.split(",")]
        measure(widths, asked.threads, asked.operations, by_hand=asked.by_hand)
        return
    print(f"{frame.machine()}; {frame.versions(['torch'])}", flush=True)
    if asked.quick:
        compare(WIDTHS[:2], QUICK, rounds=1)
    else:
        compare(WIDTHS, OPERATIONS, asked.rounds)


if __name__ == "__main__":
    main()
