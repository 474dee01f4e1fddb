"""What pictures without labels, and those of other classes, are worth: Fashion-MNIST with few labels.

    make bench-images_transfer                             everything: about ten minutes
    make bench-images_transfer ARGS="--quick"              few pictures, one seed: whether it runs
    make bench-images_transfer ARGS="--only one-shot"      one-shot, labels or transfer

one-shot: siamese networks learn five classes; of the five others they know one example of each. transfer: a
network learns five classes, then ten pictures of each of the five others; beside it the same network begins
anew. Both also on pictures that are not as Fashion-MNIST has them, all upright and of one size, but turned,
smaller and elsewhere, as things are that somebody took a picture of. labels: a
linear model on codes learns from one label in a hundred; the codes come from Barlow Twins, an autoencoder,
the same network as it was drawn, and the pixels. Which classes are which is drawn anew with each seed. What
is tuned is tuned alike for both sides, on a seed of its own.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import frame
import images

SEEDS = (0, 1, 2)
FROM_EACH = 1_000
"""Pictures of each class that the siamese networks and the network to be transferred learn from."""
EPISODES = 300
WITHOUT_LABELS, LABELS = 12_000, 600
SHOTS = 10


def halves(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Five classes to learn from, and five that are new."""
    classes = np.random.default_rng(seed).permutation(10)
    return classes[:5], classes[5:]


def moved(data: images.Data) -> images.Data:
    """The same pictures, each turned by up to 30 degrees, made smaller and shifted once, at random."""
    import torch

    from netwright.data import RandomAffine

    generator = torch.Generator().manual_seed(0)

    def move(X: np.ndarray) -> np.ndarray:
        pictures = torch.from_numpy(X[:, None])
        parts = [MOVES(part, torch.zeros(len(part)), generator)[0] for part in pictures.split(5_000)]
        return torch.cat(parts)[:, 0].numpy()

    MOVES = RandomAffine(degrees=30, shift=0.15, scale=(0.6, 1.0), padding="zeros")
    return data._replace(X=move(data.X), X_test=move(data.X_test))


def some_of(
    classes: np.ndarray, X: np.ndarray, y: np.ndarray, n: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """So many pictures of each of these classes, and their labels from 0."""
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.permutation(np.flatnonzero(y == name))[:n] for name in classes])
    return X[rows], np.searchsorted(np.sort(classes), y[rows])


def one_shot_accuracy(codes: np.ndarray, labels: np.ndarray, seed: int) -> float:
    """Share of pictures whose nearest of one example a class is of their own, over many draws of examples."""
    rng = np.random.default_rng(seed)
    classes, right = np.unique(labels), []
    squares = np.square(codes).sum(1)
    for _ in range(EPISODES):
        examples = np.array([rng.choice(np.flatnonzero(labels == name)) for name in classes])
        distances = squares[examples] - 2 * codes @ codes[examples].T
        found = classes[distances.argmin(1)]
        right.append((np.delete(found, examples) == np.delete(labels, examples)).mean())
    return float(np.mean(right))


def turned(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quarter turns, each a class of its own: four times the classes to learn differences from."""
    return np.concatenate([np.rot90(X, turn, (1, 2)) for turn in range(4)]), np.concatenate(
        [y + 5 * turn for turn in range(4)]
    )


def siamese_codes(kind: str, data: images.Data, asked: np.ndarray, seed: int, n: int, epochs: int) -> Any:
    """Codes of the asked pictures by a network that has learned the old classes."""
    from functools import partial

    from netwright.data import RandomAffine
    from netwright.embeddings import SiameseEmbedder
    from netwright.nets import PictureNet
    from netwright.training import Augmentation, Training
    from netwright.vision import SiameseVerifier

    if kind == "pixels":
        return asked.reshape(len(asked), -1) / 255.0
    old, _ = halves(seed)
    X, y = some_of(old, data.X, data.y, n, seed)
    if kind == "SiameseVerifier":
        moves = RandomAffine(degrees=15, shift=0.1, scale=(0.8, 1.2), padding="zeros")
        recipe = Training(epochs=epochs, batch_size=64, threads=1, callbacks=[Augmentation(moves)])
        backbone = partial(PictureNet, widths=(32, 64))
        model = SiameseVerifier(backbone=backbone, training=recipe, random_state=seed)
    else:
        recipe = Training(epochs=epochs, batch_size=64, threads=1, validation=0.0)
        model = SiameseEmbedder(training=recipe, random_state=seed)
    return model.fit(*turned(X, y)).transform(asked).astype(float)


def one_shot(data: images.Data, seeds: tuple[int, ...], quick: bool) -> None:
    """Print how much one example of a class is worth."""
    n, epochs = (60, 1) if quick else (FROM_EACH // 4, 6)
    lines = []
    for kind in ("pixels", "SiameseEmbedder", "SiameseVerifier"):
        started, found = time.process_time(), []
        for seed in seeds:
            asked, labels = some_of(halves(seed)[1], data.X_test, data.y_test, 400, seed)
            codes = siamese_codes(kind, data, asked, seed, n, epochs)
            found.append(one_shot_accuracy(codes, labels, seed))
        took = (time.process_time() - started) / len(seeds)
        lines.append([kind, frame.interval(found, ".3f"), *(f"{one:.3f}" for one in found), f"{took:.0f}"])
    print("\none example of each of five classes that training has never seen\n")
    print(
        frame.markdown(["codes", "accuracy", *(f"seed {one}" for one in seeds), "CPU s"], lines), flush=True
    )


def codes_by(kind: str, X: np.ndarray, seed: int, epochs: int) -> Callable[[np.ndarray], np.ndarray]:
    """What makes codes of pictures, learned from X without labels."""
    from functools import partial

    from netwright.embeddings import BarlowTwinsEmbedder, ConvAutoencoder
    from netwright.nets import PictureNet
    from netwright.training import Training

    if kind == "pixels":
        return lambda pictures: pictures.reshape(len(pictures), -1) / 255.0
    recipe = Training(epochs=epochs, threads=1, validation=0.0)
    if kind == "ConvAutoencoder":
        model = ConvAutoencoder(width=128, training=recipe, random_state=seed)
        return model.fit(X).transform  # type: ignore[no-any-return]
    backbone = partial(PictureNet, widths=(32, 64, 128), patch=4)
    twins = BarlowTwinsEmbedder(backbone=backbone, training=recipe, random_state=seed)
    if kind == "BarlowTwinsEmbedder":
        return twins.fit(X).transform  # type: ignore[no-any-return]
    return untrained(twins, X, seed)


def untrained(twins: Any, X: np.ndarray, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """The network of Barlow Twins as it was drawn, whose batch normalisation has seen the pictures."""
    import torch

    twins.read(twins.admit(X, fitting=True), fitting=True)
    torch.manual_seed(seed)
    network = twins.build(torch.Size([1, 28, 28]), twins.width)
    with torch.no_grad():
        for rows in torch.from_numpy(X[:5_000, None]).split(250):
            network.encode(rows)
    network.eval()

    def codes(pictures: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            parts = [network.encode(rows) for rows in torch.from_numpy(pictures[:, None]).split(500)]
        return torch.cat(parts).numpy()

    return codes


def probe(codes: np.ndarray, labels: np.ndarray, asked: np.ndarray, truth: np.ndarray) -> float:
    """Accuracy of a linear model, its penalty chosen by cross-validation."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    grid = {"logisticregression__C": [1e-3, 1e-2, 1e-1, 1.0]}
    return float(GridSearchCV(linear, grid, cv=4).fit(codes, labels).score(asked, truth))


def few_labels(data: images.Data, seeds: tuple[int, ...], quick: bool) -> None:
    """Print what codes without labels are worth to a linear model with few."""
    n, epochs = (1_000, 1) if quick else (WITHOUT_LABELS, 10)
    lines = []
    for kind in ("pixels", "random features", "ConvAutoencoder", "BarlowTwinsEmbedder"):
        started, found = time.process_time(), []
        for seed in seeds:
            rows = np.random.default_rng(seed).permutation(len(data.X))
            codes = codes_by(kind, data.X[rows[:n]], seed, epochs)
            X, y = some_of(np.arange(10), data.X, data.y, LABELS // 10, seed)
            found.append(probe(codes(X), y, codes(data.X_test), data.y_test))
        took = (time.process_time() - started) / len(seeds)
        lines.append([kind, frame.interval(found, ".3f"), *(f"{one:.3f}" for one in found), f"{took:.0f}"])
    print(f"\na linear model on codes, {LABELS} labels, {n:,} pictures without\n")
    print(
        frame.markdown(["codes", "accuracy", *(f"seed {one}" for one in seeds), "CPU s"], lines), flush=True
    )


GRID = [(rate, epochs) for rate in (1e-3, 5e-3) for epochs in (40, 150)]
TUNING_SEED = 100


def pretrained(data: images.Data, seed: int, n: int, epochs: int) -> Any:
    """A network that has learned the old classes, with a fresh head for as many new ones."""
    from functools import partial

    from netwright.nets import PictureNet, replace_head
    from netwright.training import Training
    from netwright.vision import ConvNetClassifier

    X, y = some_of(halves(seed)[0], data.X, data.y, n, seed)
    recipe = Training(epochs=epochs, threads=1, validation=0.0, batch_size=64)
    model = ConvNetClassifier(partial(PictureNet, widths=(32, 64, 128)), training=recipe, random_state=seed)
    network = model.fit(X, y).network_.network
    replace_head(network, n_outputs=5)
    return network


def with_few(data: images.Data, network: Any, seed: int, setting: tuple[float, int], quick: bool) -> float:
    """Accuracy on the new classes after ten pictures of each; a network that has learned, or None."""
    from functools import partial

    from netwright.nets import PictureNet
    from netwright.optim import OneCycle
    from netwright.training import Training
    from netwright.vision import ConvNetClassifier

    rate, epochs = setting
    X, y = some_of(halves(seed)[1], data.X, data.y, SHOTS, seed)
    asked, truth = some_of(halves(seed)[1], data.X_test, data.y_test, 1_000, seed)
    recipe = Training(
        epochs=1 if quick else epochs,
        learning_rate=rate,
        schedule=OneCycle(),
        batch_size=25,
        threads=1,
        validation=0.0,
    )
    backbone = network or partial(PictureNet, widths=(32, 64, 128))
    return float(
        ConvNetClassifier(backbone, training=recipe, random_state=seed).fit(X, y).score(asked, truth)
    )


def transfer(data: images.Data, seeds: tuple[int, ...], quick: bool) -> None:
    """Print what five classes are worth to five others."""
    n, epochs = (100, 1) if quick else (3 * FROM_EACH, 5)
    started = time.process_time()
    tuned = pretrained(data, TUNING_SEED, n, epochs)
    starts = {"from scratch": None, "fine-tuned": tuned}
    best = {
        name: max(GRID, key=lambda one: with_few(data, start, TUNING_SEED, one, quick))
        for name, start in starts.items()
    }
    found: dict[str, list[float]] = {name: [] for name in starts}
    for seed in seeds:
        learned = pretrained(data, seed, n, epochs)
        for name, scores in found.items():
            start = learned if name == "fine-tuned" else None
            scores.append(with_few(data, start, seed, best[name], quick))
    lines = [
        [name, frame.interval(scores, ".3f"), *(f"{one:.3f}" for one in scores), *map(str, best[name])]
        for name, scores in found.items()
    ]
    print(f"\n{SHOTS} pictures of each of five new classes; {time.process_time() - started:.0f} CPU s\n")
    header = ["network", "accuracy", *(f"seed {one}" for one in seeds), "rate", "epochs"]
    print(frame.markdown(header, lines), flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    jobs = {"one-shot": one_shot, "labels": few_labels, "transfer": transfer}
    parser.add_argument("--quick", action="store_true", help="few pictures, one seed")
    parser.add_argument("--only", choices=jobs)
    asked = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    print(f"{frame.machine()}; {frame.versions(('torch', 'numpy'))}", flush=True)
    data, seeds = images.load(None), SEEDS[:1] if asked.quick else SEEDS
    elsewhere = moved(data)
    for name, job in jobs.items():
        if asked.only in (None, name):
            job(data, seeds, asked.quick)
            if name != "labels":
                print("\nand turned, smaller and elsewhere:")
                job(elsewhere, seeds, asked.quick)


if __name__ == "__main__":
    main()
