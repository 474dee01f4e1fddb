"""What bfloat16 autocast and channels-last memory buy: nets with convolutions, and a perceptron.

    make bench-precision                  about five minutes
    make bench-precision ARGS="--quick"   few images, one round: whether it runs

Speed is measured on random images, on one thread; accuracy on scikit-learn's digits, enlarged. Ratios are to
float32 with channels first, in the same round.
"""

import argparse
from typing import Any

import frame

ROUNDS = 3
SETTINGS = {
    "float32": ("float32", False),
    "bfloat16": ("bfloat16", False),
    "float32, channels last": ("float32", True),
    "bfloat16, channels last": ("bfloat16", True),
}
NETS = {"LeNet": (1, 28, 4_000), "ResNet": (3, 32, 2_000), "MLP": (1, 28, 40_000)}
"""Channels, side and number of the images."""


def measure(net: str, precision: str, n_images: int, epochs: int, *, channels_last: bool) -> None:
    """Fit random images, then the digits, in this process; tell rows per second and accuracy."""
    import torch
    from torch import nn

    from netwright.training import Supervised, TensorSamples, Training
    from netwright.training.engine import Engine

    channels, side, _ = NETS[net]
    recipe = Training(
        epochs=1,
        batch_size=128,
        learning_rate=1e-3,
        validation=0.0,
        threads=1,
        engine=Engine(precision=precision, channels_last=channels_last),
    )
    objective = Supervised(nn.CrossEntropyLoss())
    torch.manual_seed(0)
    images, target = torch.randn(n_images, channels, side, side), torch.randint(10, (n_images,))
    network = build(net)
    recipe.run(network, objective, TensorSamples(images[:256], target[:256]))
    with frame.Clock() as clock:
        recipe.run(network, objective, TensorSamples(images, target))
    rows = frame.load("digits")
    network, (X, X_judge) = build(net), (enlarged(part, channels, side) for part in (rows.X, rows.X_judge))
    learning = recipe.set_params(epochs=epochs, batch_size=32)
    learning.run(network, objective, TensorSamples(X, torch.from_numpy(rows.y)))
    with torch.inference_mode():
        right = network.eval()(X_judge).argmax(1) == torch.from_numpy(rows.y_judge)
    frame.tell(rows_per_second=n_images / clock.cpu, accuracy=float(right.float().mean()))


def enlarged(rows: Any, channels: int, side: int) -> Any:
    """Digits of 8 x 8 as images of the size that the net takes."""
    import torch
    from torch.nn.functional import interpolate

    images = torch.from_numpy(rows).reshape(-1, 1, 8, 8)
    return interpolate(images, size=(side, side), mode="bilinear").repeat(1, channels, 1, 1)


def build(net: str) -> Any:
    """LeNet-5's layout with more channels, a ResNet of three stages, or a perceptron of two hidden layers."""
    from torch import nn

    if net == "MLP":
        hidden = [nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU()]
        return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(128, 10))
    if net == "LeNet":
        first = [nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2)]
        second = [nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
        return nn.Sequential(*first, *second, nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10))
    stem = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    stages = [residual(16, 16, 1), residual(16, 32, 2), residual(32, 64, 2)]
    return nn.Sequential(*stem, *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def residual(n_in: int, n_out: int, stride: int) -> Any:
    """A block of two convolutions beside an identity or a projection."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(n_out)
            self.conv2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(n_out)
            project = nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))
            self.aside = nn.Identity() if stride == 1 else project

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
            return torch.relu(y + self.aside(x))

    return Block()


def compare(net: str, rounds: int, *, quick: bool) -> None:
    """Print the table of one net."""
    _, side, n_images = NETS[net]
    n_images, epochs = (512, 1) if quick else (n_images, 5)
    settings = {name: how for name, how in SETTINGS.items() if net != "MLP" or not how[1]}
    calls = {}
    for name, (precision, channels_last) in settings.items():
        options = [f"--net={net}", f"--precision={precision}", f"--images={n_images}", f"--epochs={epochs}"]
        options += ["--channels-last"] if channels_last else []
        calls[name] = frame.competitor(__file__, "--measure", *options)
    told = frame.compete(calls, rounds)
    lines = []
    for name, answers in told.items():
        pairs = zip(answers, told["float32"], strict=True)
        ratios = [float(a["rows_per_second"]) / float(b["rows_per_second"]) for a, b in pairs]
        accuracy = frame.interval([float(answer["accuracy"]) for answer in answers], ".3f")
        rate = f"{frame.middle(answers, 'rows_per_second'):,.0f}"
        lines.append(
            [frame.interval(ratios), name, rate, accuracy, f"{frame.middle(answers, 'peak_mb'):,.0f}"]
        )
    print(f"\n{net}: {n_images:,} images of {side} x {side}, batches of 128, one thread, rounds {rounds}\n")
    header = ["times float32", "setting", "rows/s", f"accuracy on digits, epochs {epochs}", "peak MB"]
    print(frame.markdown(header, lines), flush=True)


def main() -> None:
    """Measure in this process where asked to (`--measure`), else start all that there is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few images, one round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--measure", action="store_true", help="measure in this process, and tell")
    parser.add_argument("--net", choices=NETS)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--epochs", type=int, default=1)
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.net, asked.precision, asked.images, asked.epochs, channels_last=asked.channels_last)
        return
    frame.prepare()
    print(f"{frame.machine()}; {frame.versions(['torch'])}", flush=True)
    for net in NETS if asked.net is None else [asked.net]:
        compare(net, 1 if asked.quick else asked.rounds, quick=asked.quick)


if __name__ == "__main__":
    main()
