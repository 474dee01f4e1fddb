"""Capsules beside convolutions: digits, turned digits, and digits whose quarters changed places.

    make bench-images_capsules                  some minutes
    make bench-images_capsules ARGS="--quick"   one epoch, one seed: whether it runs

Both learn three quarters of scikit-learn's digits, as they are or each also moved by a pixel in four
directions; both have about as many parameters. The last quarter judges: as it is, turned by 15 to 40 degrees
either way, and with its quarters exchanged. Confidence is the longest capsule, or the largest probability.
"""

import argparse
from typing import Any

import frame

DEGREES = (-40, -25, -15, 15, 25, 40)


def rows(*, moved: bool) -> tuple[Any, Any, Any, Any]:
    """Pictures to learn from and to judge by, with their classes."""
    import numpy as np
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    pictures = (digits.images * (255 / 16)).astype(np.uint8)
    X, judged, y, truth = train_test_split(
        pictures, digits.target, test_size=0.25, random_state=0, stratify=digits.target
    )
    if moved:
        wide = np.pad(X, ((0, 0), (1, 1), (1, 1)))
        corners = ((1, 1), (1, 2), (2, 1), (1, 0), (0, 1))
        X = np.concatenate([wide[:, row : row + 8, column : column + 8] for row, column in corners])
        y = np.tile(y, len(corners))
    return X, judged, y, truth


def build(kind: str, epochs: int, seed: int) -> Any:
    """One of the two estimators."""
    from torch import nn

    from netwright.training import Training
    from netwright.vision import CapsNetClassifier, ConvNetClassifier

    recipe = Training(epochs=epochs, threads=1, validation=0.0)
    if kind == "capsules":
        return CapsNetClassifier(hidden=(128,), training=recipe, random_state=seed)
    plain = nn.Sequential(
        *[nn.Conv2d(1, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Flatten(), nn.Linear(256, 250), nn.ReLU(), nn.Linear(250, 10)],
    )
    return ConvNetClassifier(plain, training=recipe, random_state=seed)


def answers(kind: str, epochs: int, seed: int, *, moved: bool) -> list[float]:
    """Accuracy as they are and turned, confidence as they are and with exchanged quarters, parameters."""
    import numpy as np
    from scipy.ndimage import rotate

    X, judged, y, truth = rows(moved=moved)
    model = build(kind, epochs, seed).fit(X, y)
    turned = [
        rotate(judged.astype(float), by, axes=(2, 1), reshape=False, order=1).clip(0, 255).astype(np.uint8)
        for by in DEGREES
    ]
    sure = model.lengths if kind == "capsules" else model.predict_proba
    shuffled = np.roll(judged, (4, 4), axis=(1, 2))
    return [
        model.score(judged, truth),
        float(np.mean([model.score(part, truth) for part in turned])),
        float(sure(judged).max(1).mean()),
        float(sure(shuffled).max(1).mean()),
        sum(parameter.numel() for parameter in model.network_.parameters()),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one epoch, one seed")
    quick = parser.parse_args().quick
    lines = []
    for moved in (False, True):
        for kind in ("capsules", "convolutions"):
            found = [
                answers(kind, 1 if quick else 10, seed, moved=moved) for seed in range(1 if quick else 3)
            ]
            columns = list(zip(*found, strict=True))
            told = [frame.interval(list(column), ".3f") for column in columns[:-1]]
            lines.append([kind, "moved too" if moved else "as they are", *told, f"{columns[-1][0]:,.0f}"])
    header = ["network", "learned from digits", "accuracy", "turned", "confidence", "quarters exchanged"]
    print(frame.markdown([*header, "parameters"], lines), flush=True)


if __name__ == "__main__":
    main()
