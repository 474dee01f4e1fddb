"""What pictures of other classes are worth: Fashion-MNIST with few labels.

    make bench-images_transfer                             everything
    make bench-images_transfer ARGS="--quick"              few pictures, one seed: whether it runs
    make bench-images_transfer ARGS="--only one-shot"      one-shot or transfer

one-shot: siamese networks learn five classes; of the five others they know one example of each. transfer: a
network learns five classes, then ten pictures of each of the five others; beside it the same network begins
anew. Both also on pictures that are not as Fashion-MNIST has them, all upright and of one size, but turned,
smaller and elsewhere, as things are that somebody took a picture of. One-shot draws anew with each seed
which classes are which. What is tuned is tuned alike for both sides, on a seed of its own.
"""

import argparse
import time
from functools import partial
from typing import Any

import numpy as np

import frame
import images

SEEDS = (0, 1, 2)
PAIRED, PRETRAINED = 100, 6_000
"""Pictures of each class, and of each quarter turn, that siamese networks learn from; and of each class that
the network to be transferred learns from."""
LEARNED, NEW = np.array([3, 4, 6, 7, 8]), np.array([0, 1, 2, 5, 9])
"""Dress, coat, shirt, sneaker and bag; T-shirt, trousers, pullover, sandal and ankle boot. Both hold tops,
what is long, and shoes, so that what one half teaches may serve the other. The network to be transferred
learns the first five."""

UPRIGHT, LEANING, LYING = 15, 30, 180
"""Degrees: by how much pictures are turned anew in each epoch where they stand upright, and how far they are
turned where they are not. One-shot has to do with things that lean, transfer with what lies on a table."""

EPISODES = 300
SHOTS = 10


def halves(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Five classes to learn from, and five that are new, drawn anew with each seed."""
    classes = np.random.default_rng(seed).permutation(10)
    return classes[:5], classes[5:]


def moved(data: images.Data, degrees: float) -> images.Data:
    """The same pictures, each turned by so much at most, made smaller and shifted once, at random."""
    import torch

    from netwright.data import RandomAffine

    generator = torch.Generator().manual_seed(0)
    moves = RandomAffine(degrees=degrees, shift=0.15, scale=(0.6, 1.0), padding="zeros")

    def move(X: np.ndarray) -> np.ndarray:
        pictures = torch.from_numpy(X[:, None])
        parts = [moves(part, torch.zeros(len(part)), generator)[0] for part in pictures.split(5_000)]
        return torch.cat(parts)[:, 0].numpy()

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
    n, epochs = (60, 1) if quick else (PAIRED, 6)
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


def small_net(**sizes: int) -> Any:
    """The network that learns without labels, and with those of other classes."""
    from netwright.nets import PictureNet

    return PictureNet(widths=WIDTHS, patch=4, **sizes)


GRID = [(1e-3, 60, False), (1e-3, 100, True), (3e-3, 100, True), (3e-3, 300, True)]
"""Peak of the rate, epochs, and whether pictures are moved anew in each."""

TUNING_SEED = 100
WIDTHS = (64, 128)


def anew(degrees: float) -> Any:
    """Moves pictures anew in each epoch."""
    from netwright.data import RandomAffine
    from netwright.training import Augmentation

    return Augmentation(RandomAffine(degrees=degrees, shift=0.1, scale=(0.8, 1.2), padding="zeros"))


def pretrained(data: images.Data, degrees: float, seed: int, n: int, epochs: int) -> Any:
    """A network that has learned the old classes, with a fresh head for as many new ones."""
    from netwright.nets import replace_head
    from netwright.training import Training
    from netwright.vision import ConvNetClassifier

    X, y = some_of(LEARNED, data.X, data.y, n, seed)
    recipe = Training(epochs=epochs, threads=1, validation=0.0, batch_size=128, callbacks=[anew(degrees)])
    model = ConvNetClassifier(small_net, training=recipe, random_state=seed)
    network = model.fit(X, y).network_.network
    replace_head(network, n_outputs=5)
    return network


def with_few(data: images.Data, network: Any, seed: int, recipe: Any) -> float:
    """Accuracy on the new classes after ten pictures of each; a network that has learned, or None."""
    from netwright.vision import ConvNetClassifier

    X, y = some_of(NEW, data.X, data.y, SHOTS, seed)
    asked, truth = some_of(NEW, data.X_test, data.y_test, 1_000, seed)
    model = ConvNetClassifier(network or small_net, training=recipe, random_state=seed)
    return float(model.fit(X, y).score(asked, truth))


def fine_tuning(setting: tuple[float, int, bool], degrees: float, *, frozen: bool, quick: bool) -> Any:
    """The recipe for ten pictures of each class: the same for a network that has learned and a new one."""
    from netwright.optim import OneCycle
    from netwright.training import Freezing, Training

    rate, epochs, moving = setting
    still = [Freezing(["network.features"])] if frozen else []
    return Training(
        epochs=1 if quick else epochs,
        learning_rate=rate,
        schedule=OneCycle(),
        batch_size=25,
        threads=1,
        validation=0.0,
        callbacks=[*still, *([anew(degrees)] if moving else [])],
    )


def transfer(data: images.Data, seeds: tuple[int, ...], quick: bool, degrees: float = UPRIGHT) -> None:
    """Print what five classes are worth to five others."""
    n, epochs = (100, 1) if quick else (PRETRAINED, 4)
    started, tuned = time.process_time(), pretrained(data, degrees, TUNING_SEED, n, epochs)

    def score(name: str, learned: Any, seed: int, setting: tuple[float, int, bool]) -> float:
        network = None if name == "from scratch" else learned
        frozen = name == "frozen, a new head"
        return with_few(data, network, seed, fine_tuning(setting, degrees, frozen=frozen, quick=quick))

    names = ("from scratch", "fine-tuned", "frozen, a new head")
    best = {name: max(GRID, key=partial(score, name, tuned, TUNING_SEED)) for name in names}
    found: dict[str, list[float]] = {name: [] for name in names}
    for seed in seeds:
        learned = pretrained(data, degrees, seed, n, epochs)
        for name, scores in found.items():
            scores.append(score(name, learned, seed, best[name]))
    lines = [
        [name, frame.interval(scores, ".3f"), *(f"{one:.3f}" for one in scores), *map(str, best[name])]
        for name, scores in found.items()
    ]
    print(f"\n{SHOTS} pictures of each of five new classes; {time.process_time() - started:.0f} CPU s\n")
    header = ["network", "accuracy", *(f"seed {one}" for one in seeds), "rate", "epochs", "moved anew"]
    print(frame.markdown(header, lines), flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few pictures, one seed")
    parser.add_argument("--only", choices=("one-shot", "transfer"))
    asked = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    print(f"{frame.machine()}; {frame.versions(('torch', 'numpy'))}", flush=True)
    data, seeds = images.load(None), SEEDS[:1] if asked.quick else SEEDS
    if asked.only in (None, "one-shot"):
        one_shot(data, seeds, asked.quick)
        print(f"\nand turned by up to {LEANING} degrees, smaller and elsewhere:")
        one_shot(moved(data, LEANING), seeds, asked.quick)
    if asked.only in (None, "transfer"):
        transfer(data, seeds, asked.quick)
        print(f"\nand turned by up to {LYING} degrees, smaller and elsewhere:")
        transfer(moved(data, LYING), seeds, asked.quick, LYING)


if __name__ == "__main__":
    main()
