"""How well Mask R-CNN finds and outlines planted things, by the pictures it has seen.

make bench-detection                  about two minutes
make bench-detection ARGS="--quick"   whether it runs

Pictures of 48 x 48 pixels with one to three discs and squares that do not touch, on noise.
"""

import argparse
from typing import Any

import numpy as np

import frame

SIZE = 48
RUNS = ((120, 8), (300, 12))
"""Pictures and passes over them."""


def planted_things(n_pictures: int, seed: int) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Pictures, and the labels and masks of what is on each."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    X = rng.normal(0.25, 0.05, (n_pictures, 1, SIZE, SIZE))
    y = []
    for picture in X:
        masks: list[np.ndarray] = []
        labels: list[str] = []
        taken = np.zeros((SIZE, SIZE), bool)
        for _ in range(int(rng.integers(1, 4))):
            radius = rng.uniform(5, 9)
            down, right = (np.abs(axis - rng.uniform(radius, SIZE - radius)) for axis in (rows, columns))
            kind = ("disc", "square")[int(rng.integers(2))]
            far = np.hypot(down, right) if kind == "disc" else np.maximum(down, right)
            if not (taken & (far <= radius + 2)).any():
                taken |= far <= radius
                masks.append(far <= radius)
                labels.append(kind)
                picture[0, far <= radius] += rng.uniform(0.4, 0.6)
        y.append({"labels": labels, "masks": np.array(masks)})
    return (X.clip(0, 1) * 255).astype(np.uint8), y


def box_of(mask: np.ndarray) -> list[int]:
    """Left, top, right and bottom."""
    places = np.argwhere(mask)[:, ::-1]
    return [*places.min(0), *(places.max(0) + 1)]


def measure(n_pictures: int, epochs: int) -> list[str]:
    """Fit, judge on pictures of their own, and give a line of the table."""
    from netwright.metrics import detection_precision
    from netwright.optim import OneCycle
    from netwright.training import Training
    from netwright.vision import Detector

    recipe = Training(
        epochs=epochs, batch_size=8, learning_rate=4e-3, validation=0.0, schedule=OneCycle(), threads=1
    )
    X, y = planted_things(n_pictures, seed=0)
    with frame.Clock() as clock:
        model = Detector(training=recipe, random_state=0).fit(X, y)
    new, truth = planted_things(100, seed=1)
    found = model.predict(new)
    boxed = [{**one, "boxes": [box_of(mask) for mask in one["masks"]]} for one in truth]
    scores = (detection_precision(boxed, found, by=by) for by in ("masks", "boxes"))
    return [str(n_pictures), str(epochs), f"{clock.cpu:.0f}", *(f"{score:.3f}" for score in scores)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few pictures, whether it runs")
    runs = ((16, 1),) if parser.parse_args().quick else RUNS
    print(f"{frame.machine()}; {frame.versions(['torch'])}\n", flush=True)
    header = ["pictures", "epochs", "processor s", "mask AP50", "box AP50"]
    print(frame.markdown(header, [measure(*run) for run in runs]), flush=True)


if __name__ == "__main__":
    main()
