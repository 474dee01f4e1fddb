"""What pictures without labels are worth: a linear model on codes of Fashion-MNIST, one label in a hundred.

    make bench-images_labels                             everything
    make bench-images_labels ARGS="--quick"              few pictures, one seed: whether it runs
    make bench-images_labels ARGS="--only moved"         upright or moved

The codes come from Barlow Twins, an autoencoder with the same encoder and as many steps, the same network
as it was drawn, and the pixels. upright: pictures as they are, all upright, of one size and in the middle,
where pixels alone say much; the views are crops. moved: each turned by up to 30 degrees, made smaller and
shifted, as in one-shot learning; the views are moved alike.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import frame
import images
from images_transfer import LEANING, SEEDS, moved, small_net, some_of

SETTINGS = ("upright", "moved")
WITHOUT_LABELS, EPOCHS_WITHOUT, LABELS = 60_000, 6, 600


def codes_by(
    kind: str, X: np.ndarray, seed: int, epochs: int, views: Any
) -> Callable[[np.ndarray], np.ndarray]:
    """What makes codes of pictures, learned from X without labels: with one encoder, and in as many steps."""
    from netwright.embeddings import BarlowTwinsEmbedder, ConvAutoencoder
    from netwright.optim import OneCycle
    from netwright.training import Training

    if kind == "pixels":
        return lambda pictures: pictures.reshape(len(pictures), -1) / 255.0
    recipe = Training(
        epochs=epochs, batch_size=256, threads=1, validation=0.0, learning_rate=3e-3, schedule=OneCycle()
    )
    if kind == "ConvAutoencoder":
        model = ConvAutoencoder(width=128, backbone=small_net, training=recipe, random_state=seed)
        return partial(maps_of, model.fit(X).network_)
    twins = BarlowTwinsEmbedder(backbone=small_net, views=views, training=recipe, random_state=seed)
    if kind == "BarlowTwinsEmbedder":
        return partial(maps_of, twins.fit(X).network_)
    return untrained(twins, X, seed)


def views_of(setting: str) -> Any:
    """Two views of a picture, mirrored at times and of other light: crops, or moved as the pictures are."""
    from netwright.data import ColorJitter, InTurn, RandomAffine, RandomFlip, RandomResizedCrop, TwoViews

    moves: Any = RandomResizedCrop(scale=(0.3, 1.0))
    if setting == "moved":
        moves = RandomAffine(degrees=LEANING, shift=0.15, scale=(0.7, 1.4), padding="zeros")
    return TwoViews(InTurn([moves, RandomFlip(), ColorJitter(0.4, 0.4, 0.0, 0.0, share=0.8)]))


def maps_of(network: Any, pictures: np.ndarray) -> np.ndarray:
    """The encoder's last maps, four means of each: linear models find more in them than in the codes."""
    import torch

    network.eval()
    with torch.no_grad():
        parts = [
            torch.nn.functional.adaptive_avg_pool2d(network.encoder.features(network.front(rows)), 2)
            for rows in torch.from_numpy(pictures[:, None]).split(500)
        ]
    return torch.cat(parts).flatten(1).numpy()


def untrained(twins: Any, X: np.ndarray, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """The network of Barlow Twins as it was drawn, whose batch normalisation has seen the pictures."""
    import torch

    twins.read(twins.admit(X, fitting=True), fitting=True)
    torch.manual_seed(seed)
    network = twins.build(torch.Size([1, 28, 28]), twins.width)
    with torch.no_grad():
        for rows in torch.from_numpy(X[:5_000, None]).split(250):
            network.encode(rows)
    return partial(maps_of, network)


def probe(codes: np.ndarray, labels: np.ndarray, asked: np.ndarray, truth: np.ndarray) -> float:
    """Accuracy of a linear model, its penalty chosen by cross-validation."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    grid = {"logisticregression__C": [1e-3, 1e-2, 1e-1, 1.0]}
    return float(GridSearchCV(linear, grid, cv=4).fit(codes, labels).score(asked, truth))


def few_labels(data: images.Data, setting: str, seeds: tuple[int, ...], quick: bool) -> None:
    """Print what codes without labels are worth to a linear model with few."""
    n, epochs = (1_000, 1) if quick else (WITHOUT_LABELS, EPOCHS_WITHOUT)
    lines = []
    for kind in ("pixels", "random features", "ConvAutoencoder", "BarlowTwinsEmbedder"):
        started, found = time.process_time(), []
        for seed in seeds:
            rows = np.random.default_rng(seed).permutation(len(data.X))
            codes = codes_by(kind, data.X[rows[:n]], seed, epochs, views_of(setting))
            X, y = some_of(np.arange(10), data.X, data.y, LABELS // 10, seed)
            found.append(probe(codes(X), y, codes(data.X_test), data.y_test))
        took = (time.process_time() - started) / len(seeds)
        lines.append([kind, frame.interval(found, ".3f"), *(f"{one:.3f}" for one in found), f"{took:.0f}"])
    print(f"\na linear model on codes, {LABELS} labels, {n:,} pictures without, {setting}\n")
    header = ["codes", "accuracy", *(f"seed {one}" for one in seeds), "CPU s"]
    print(frame.markdown(header, lines), flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few pictures, one seed")
    parser.add_argument("--only", choices=SETTINGS)
    asked = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    print(f"{frame.machine()}; {frame.versions(('torch', 'numpy'))}", flush=True)
    for setting in SETTINGS:
        if asked.only in (None, setting):
            data = images.load(None)
            data = moved(data, LEANING) if setting == "moved" else data
            few_labels(data, setting, SEEDS[:1] if asked.quick else SEEDS, asked.quick)


if __name__ == "__main__":
    main()
