"""What doubt costs: a hundred passes with dropout beside the naive loop, and ten networks beside one.

    make bench-uncertainty                   about two minutes
    make bench-uncertainty ARGS="--quick"    few rows, one round: whether it runs

Ratios are within a round, each competitor in a process of its own, on one thread.
"""

import argparse
from collections.abc import Callable
from typing import Any

import frame

ROUNDS = 3
PASSES = 100
NETS = {"CNN": (1, 28, 96), "MLP": (1, 28, 768)}
"""Channels, side and number of the images."""
WAYS = ("the naive loop", "one big batch", "netwright")
FITS = ("one network", "ten at once", "ten, one by one")


def build(net: str) -> Any:
    """A LeNet with dropout before its last layer alone, or a perceptron with dropout behind each layer."""
    from torch import nn

    if net == "MLP":
        first = [nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.5)]
        return nn.Sequential(*first, nn.Linear(512, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10))
    trunk = [
        nn.Conv2d(1, 20, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
    ]
    return nn.Sequential(
        *trunk, nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Dropout(0.5), nn.Linear(500, 10)
    )


def naive(network: Any, images: Any) -> Any:
    """What everybody writes: training mode, and the network again and again, in batches."""
    import torch

    network.train()
    with torch.inference_mode():
        passes = [torch.cat([network(part) for part in images.split(256)]) for _ in range(PASSES)]
    return torch.stack(passes)


def batched(network: Any, images: Any) -> Any:
    """All passes of a few rows in one batch."""
    import torch

    network.train()
    with torch.inference_mode():
        parts = [network(part.repeat(PASSES, 1, 1, 1)) for part in images.split(8)]
    return torch.cat([part.view(PASSES, -1, 10) for part in parts], 1)


def engine(network: Any, images: Any) -> Any:
    """Netwright's passes."""
    from netwright.training import dropout_passes

    return dropout_passes(network, images, n_passes=PASSES)


def measure_passes(net: str, way: str, n_images: int) -> None:
    """Ask a network a hundred times about random images, and tell seconds, means and variances."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    channels, side, _ = NETS[net]
    network, images = build(net).eval(), torch.randn(n_images, channels, side, side)
    ask: Callable[[Any, Any], Any] = dict(zip(WAYS, (naive, batched, engine), strict=True))[way]
    ask(network, images[:8])
    with frame.Clock() as clock:
        passes = ask(network, images)
    frame.tell(
        seconds=clock.cpu, mean=float(passes.mean(0).abs().mean()), variance=float(passes.var(0).mean())
    )


def measure_fit(how: str, n_rows: int) -> None:
    """Fit one small network or ten to planted rows, and tell seconds and the mean error of their average."""
    import numpy as np

    from netwright.tabular import MLPRegressor
    from netwright.training import Training
    from netwright.uncertainty import DeepEnsembleRegressor

    rng = np.random.default_rng(0)
    X = rng.normal(size=(2 * n_rows, 8))
    y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + 0.1 * rng.normal(size=2 * n_rows)
    recipe = Training(epochs=20, batch_size=64, validation=0.0, threads=1)

    def one(seed: int) -> Any:
        return MLPRegressor(hidden=(32, 32), training=recipe, random_state=seed)

    one(0).set_params(training__epochs=1).fit(X[:256], y[:256])
    with frame.Clock() as clock:
        if how == "ten at once":
            models = [DeepEnsembleRegressor(one(0), 10, heteroscedastic=False, random_state=0)]
        else:
            models = [one(seed) for seed in range(1 if how == "one network" else 10)]
        for model in models:
            model.fit(X[:n_rows], y[:n_rows])
    mean = np.mean([model.predict(X[n_rows:]) for model in models], axis=0)
    frame.tell(seconds=clock.cpu, error=float(np.sqrt(np.mean((mean - y[n_rows:]) ** 2))))


def compare(calls: dict[str, list[str]], rounds: int, base: str, figures: list[str], *, faster: bool) -> str:
    """A table of ratios to one of the competitors."""
    told = frame.compete(calls, rounds)
    lines = []
    for name, answers in told.items():
        pairs = zip(answers, told[base], strict=True)
        ratios = [float(b["seconds"]) / float(a["seconds"]) for a, b in pairs]
        ratios = ratios if faster else [1 / ratio for ratio in ratios]
        shown = [f"{frame.middle(answers, figure):.4g}" for figure in figures]
        lines.append([frame.interval(ratios), name, *shown])
    return frame.markdown([f"times {base}" + (", faster" if faster else ""), "way", *figures], lines)


def main() -> None:
    """Measure in this process where asked to (`--measure`), else start all that there is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few rows, one round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--measure", choices=["passes", "fit"], help="measure in this process, and tell")
    parser.add_argument("--net", choices=NETS)
    parser.add_argument("--way", choices=[*WAYS, *FITS])
    parser.add_argument("--rows", type=int, default=64)
    asked = parser.parse_args()
    if asked.measure == "passes":
        measure_passes(asked.net, asked.way, asked.rows)
        return
    if asked.measure == "fit":
        measure_fit(asked.way, asked.rows)
        return
    rounds = 1 if asked.quick else asked.rounds
    print(f"{frame.machine()}; {frame.versions(['torch'])}", flush=True)
    for net in NETS if asked.net is None else [asked.net]:
        n_images = 16 if asked.quick else NETS[net][2]
        options = ["--measure=passes", f"--net={net}", f"--rows={n_images}"]
        calls = {way: frame.competitor(__file__, *options, f"--way={way}") for way in WAYS}
        print(f"\n{net}: {n_images:,} images of 28 x 28, {PASSES} passes, one thread, rounds {rounds}\n")
        figures = ["seconds", "mean", "variance"]
        print(compare(calls, rounds, WAYS[0], figures, faster=True), flush=True)
    n_rows = 512 if asked.quick else 1_024
    options = ["--measure=fit", f"--rows={n_rows}"]
    calls = {how: frame.competitor(__file__, *options, f"--way={how}") for how in FITS}
    print(f"\nMLP (32, 32), {n_rows:,} rows of 8 columns, 20 epochs in batches of 64, rounds {rounds}\n")
    print(compare(calls, rounds, FITS[0], ["seconds", "error"], faster=False), flush=True)


if __name__ == "__main__":
    main()
