"""Pictures: Fashion-MNIST by default settings, and the same net in netwright and its peers.

    make bench-images                             everything: about an hour
    make bench-images ARGS="--rounds 1"           half an hour
    make bench-images ARGS="--quick"              3,000 pictures, one round: whether it runs
    make bench-images ARGS="--only default"       default, folder, epochs or sooner

default: the estimator as it is, on all 60,000 pictures, seconds and test accuracy. folder: the same
pictures as PNG files in a folder for each class: how fast they are read, and `netwright fit` on them, with
all that it does besides, as a command. epochs: what one epoch of the same net takes in each library, all with
the same batches, optimizer and constant rate, on every core, on a fifth of the pictures.
sooner: how long until 90 % of the test pictures are right, netwright with one cycle of the rate and few
epochs, PyTorch's own loop with a constant rate.
"""

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

import numpy as np

import frame
from peers.images import LIBRARIES, NETS, Data, Task

ROUNDS, BATCH, WANTED = 3, 128, 0.90
EPOCHS, SOON = 3, 2
MOST_EPOCHS = {"LeNet": 12, "PictureNet": 6}
"""Epochs in which the plain loop should have come to 90 %."""
EPOCH_ROWS, QUICK_ROWS = 12_000, 3_000
PLAIN = "PyTorch, loop over a DataLoader"
PLACES = (Path(__file__).parents[1] / ".cache/data/fashion-mnist", Path("/usr/share/datasets/fashion-mnist"))
PACKAGES = ("torch", "numpy", "keras", "jax")
EVERY_CORE = {"OMP_NUM_THREADS": str(os.cpu_count())}


def load(n_rows: int | None) -> Data:
    """Fashion-MNIST from where `apt-get download dataset-fashion-mnist` and `dpkg -x` laid it."""
    place = next((place for place in PLACES if place.is_dir()), None)
    if place is None:
        raise SystemExit("this needs Fashion-MNIST: apt-get install dataset-fashion-mnist")

    def array(name: str, head: int) -> np.ndarray:
        (file,) = place.glob(f"{name}-ubyte*")
        data = file.read_bytes()
        data = gzip.decompress(data) if file.suffix == ".gz" else data
        return np.frombuffer(data, np.uint8, offset=head).copy()  # torch wants arrays that can be written

    pictures = [array(f"{part}-images-idx3", 16).reshape(-1, 28, 28)[:n_rows] for part in ("train", "t10k")]
    labels = [array(f"{part}-labels-idx1", 8).astype(np.int64)[:n_rows] for part in ("train", "t10k")]
    return Data(pictures[0], labels[0], pictures[1], labels[1])


def measure(name: str, n_rows: int | None, task: Task) -> None:
    """Fit one library in this process, and tell what its epochs took and reached."""
    fit, data = LIBRARIES[name], load(n_rows)
    small = Data(*(part[: 4 * task.batch_size] for part in data))
    fit(small, task._replace(epochs=1))  # lazy imports and compilation belong to nobody's epoch
    told = fit(data, task)
    passed = np.cumsum([seconds for seconds, _ in told])
    reached = [float(when) for when, (_, right) in zip(passed, told, strict=True) if right >= WANTED]
    frame.tell(
        epoch=median(seconds for seconds, _ in told[-2:]),
        reached=reached[0] if reached else float("nan"),
        epochs_to=float(sum(right < WANTED for _, right in told[: _first(told)]) + 1),
        accuracy=told[-1][1],
    )


def _first(told: Sequence[tuple[float, float]]) -> int:
    return next((place for place, (_, right) in enumerate(told) if right >= WANTED), len(told))


def measure_default(n_rows: int | None) -> None:
    """Fit the estimator as it is, and tell."""
    from netwright.vision import ConvNetClassifier

    data = load(n_rows)
    start = time.perf_counter()
    model = ConvNetClassifier(random_state=0).fit(data.X, data.y)
    fitted = time.perf_counter() - start
    start = time.perf_counter()
    right = float((model.predict(data.X_test) == data.y_test).mean())
    frame.tell(
        fit=fitted,
        predict=time.perf_counter() - start,
        accuracy=right,
        epochs=float(len(model.record_.epochs)),
        threads=float(model.record_.threads),
    )


def lay_folder(n_rows: int | None) -> Path:
    """The pictures as PNG files, parts `train` and `test` with a folder for each class; laid once."""
    from PIL import Image

    root, data = frame.CACHE / f"fashion-png-{n_rows or 'all'}", load(n_rows)
    if (root / "whole").exists():
        return root / "whole"
    for part, X, y in (("train", data.X, data.y), ("test", data.X_test, data.y_test)):
        for label in range(10):
            (root / "being laid" / part / f"class {label}").mkdir(parents=True, exist_ok=True)
        for row, (picture, label) in enumerate(zip(X, y, strict=True)):
            Image.fromarray(picture).save(root / "being laid" / part / f"class {label}" / f"{row:05}.png")
    return (root / "being laid").rename(root / "whole")


def measure_folder(n_rows: int | None) -> None:
    """Read the files by threads and by processes, let the command fit, and tell."""
    import torch

    from netwright.data import ImageFiles, read_image_folder, read_images
    from netwright.workbench import info

    folder = lay_folder(n_rows)
    paths, _ = read_image_folder(folder / "train")
    everything = torch.arange(len(paths))
    seconds = {}
    for name, n_workers in (("one", 1), ("threads", None)):
        start = time.perf_counter()
        read_images(paths, size=28, channels=1, n_workers=n_workers)
        seconds[name] = time.perf_counter() - start
    files = ImageFiles(paths, size=28, channels=1, memory=0, processes=True)
    files[everything[:8]]  # their start belongs to no picture
    start = time.perf_counter()
    files.expect(everything)
    for rows in everything.split(1024):
        files[rows]
    seconds["processes"] = time.perf_counter() - start
    del files  # and with it the processes
    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter()
        command = [sys.executable, "-m", "netwright", "fit", str(folder), "--out", f"{out}/job"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        fitted = time.perf_counter() - start
        accuracy = info(f"{out}/job").scores["net"]["accuracy"]
    speeds = {name: len(paths) / taken for name, taken in seconds.items()}
    frame.tell(**speeds, fit=fitted, accuracy=float(accuracy or 0))


def compete(
    task: Task, n_rows: int | None, rounds: int, own: Task | None = None, libraries: Iterable[str] = LIBRARIES
) -> dict[str, list[frame.Told]]:
    """Let libraries fit in turn; netwright perhaps by another recipe."""
    competitors = {}
    for name in libraries:
        mine = own if own is not None and name == "netwright" else task
        options = ["--net", mine.net, "--epochs", mine.epochs, "--batch-size", mine.batch_size]
        options += ["--cycle"] if mine.cycle else []
        options += ["--n-rows", n_rows] if n_rows else []
        competitors[name] = frame.competitor(__file__, "--measure", name, *options, peers=True)
    return frame.compete(competitors, rounds, EVERY_CORE)


def epochs(n_rows: int | None, rounds: int) -> None:
    """Print what an epoch takes."""
    n_rows = n_rows or EPOCH_ROWS
    for net in NETS:
        told = compete(Task(net, EPOCHS, BATCH), n_rows, rounds)
        lines = [_line(name, told["netwright"], answers, "epoch") for name, answers in told.items()]
        print(f"\none epoch of {net}, {n_rows:,} pictures, batches of {BATCH}\n")
        header = ["netwright is", "library", "an epoch, s", f"accuracy after {EPOCHS}"]
        print(frame.markdown(header, lines), flush=True)


def sooner(n_rows: int | None, rounds: int) -> None:
    """Print how long it takes to 90 %."""
    for net in NETS:
        own = Task(net, SOON, BATCH, cycle=True)
        plain = Task(net, 1 if n_rows else MOST_EPOCHS[net], BATCH)
        told = compete(plain, n_rows, rounds, own, ("netwright", PLAIN))
        lines = [
            [*_line(name, told["netwright"], answers, "reached"), f"{frame.middle(answers, 'epochs_to'):.0f}"]
            for name, answers in told.items()
        ]
        print(f"\n{net} until {WANTED:.0%} of the test pictures are right\n")
        header = ["netwright is sooner", "library", "until then, s", "accuracy at the end", "epochs to it"]
        print(frame.markdown(header, lines), flush=True)


def _line(name: str, ours: Sequence[frame.Told], theirs: Sequence[frame.Told], what: str) -> list[str]:
    ratios = [float(one[what]) / float(own[what]) for own, one in zip(ours, theirs, strict=True)]
    return [
        frame.interval(ratios),
        name,
        frame.interval([float(answer[what]) for answer in theirs]),
        frame.interval([float(answer["accuracy"]) for answer in theirs], ".4f"),
    ]


def default(n_rows: int | None, rounds: int) -> None:
    """Print what the estimator reaches as it is."""
    options = ["--n-rows", n_rows] if n_rows else []
    one = frame.competitor(__file__, "--measure", "default", *options, peers=True)
    (answers,) = frame.compete({"default": one}, rounds, EVERY_CORE).values()
    names = {
        "fit": "fit, s",
        "predict": "predict, s",
        "accuracy": "test accuracy",
        "epochs": "epochs",
        "threads": "threads",
    }
    row = [
        frame.interval([float(answer[key]) for answer in answers], ".4f" if key == "accuracy" else ".0f")
        for key in names
    ]
    print(f"\nConvNetClassifier() on {n_rows or 60_000:,} pictures\n")
    print(frame.markdown([*names.values()], [row]), flush=True)


def folder(n_rows: int | None, rounds: int) -> None:
    """Print how fast files are read, and what the command takes and reaches."""
    options = ["--n-rows", n_rows] if n_rows else []
    one = frame.competitor(__file__, "--measure", "folder", *options, peers=True)
    (answers,) = frame.compete({"folder": one}, rounds, EVERY_CORE).values()
    names = {
        "one": "pictures/s, one thread",
        "threads": "a thread a core",
        "processes": "a process a core",
        "fit": "netwright fit, s",
        "accuracy": "test accuracy",
    }
    row = [
        frame.interval([float(answer[key]) for answer in answers], ".4f" if key == "accuracy" else ".0f")
        for key in names
    ]
    print(f"\nnetwright fit on a folder of {n_rows or 60_000:,} PNG files\n")
    print(frame.markdown([*names.values()], [row]), flush=True)


ALONE = {"default": measure_default, "folder": measure_folder}
"""What is measured without peers."""


def main() -> None:
    """Run one library where asked to (`--measure`), else everything in turn."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    jobs = {"default": default, "folder": folder, "epochs": epochs, "sooner": sooner}
    parser.add_argument("--quick", action="store_true", help="few pictures, one round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", choices=jobs)
    parser.add_argument("--measure", choices=[*LIBRARIES, *ALONE], help="fit this one here, and tell")
    parser.add_argument("--net", choices=NETS, default=NETS[0])
    parser.add_argument("--n-rows", type=int)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--batch-size", type=int, default=BATCH)
    parser.add_argument("--cycle", action="store_true")
    asked = parser.parse_args()
    if asked.measure in ALONE:
        ALONE[asked.measure](asked.n_rows)
    elif asked.measure:
        task = Task(asked.net, asked.epochs, asked.batch_size, asked.cycle)
        measure(asked.measure, asked.n_rows, task)
    else:
        print(f"{frame.machine()}; {frame.versions(PACKAGES, peers=True)}", flush=True)
        n_rows, rounds = (QUICK_ROWS, 1) if asked.quick else (None, asked.rounds)
        for name, job in jobs.items():
            if asked.only in (None, name):
                job(n_rows, rounds)


if __name__ == "__main__":
    main()
