"""Remedies against rare classes in one table: Fashion-MNIST, half of whose classes are made rare.

    make bench-imbalance                          everything: about a quarter of an hour
    make bench-imbalance ARGS="--quick"           few pictures, one round: whether it runs

Of the ten classes five are kept with 2,000 pictures each, and five with 40 (fifty times fewer) or 200 (ten
times). Every remedy has the same net, epochs and seed in a round; the 10,000 test pictures have all classes
alike, so that their accuracy is the mean of the recalls. Which classes are rare is drawn anew in each round.
"""

import argparse
from typing import Any

import numpy as np

import frame
import images

ROUNDS, COMMON = 3, 2_000
RATIOS = (10, 50)
REMEDIES = (
    "nothing",
    "over-sampling",
    "under-sampling",
    "thresholding by prior",
    "cost-sensitive: class weights",
    "over-sampling, then thresholding",
)


def made_rare(
    data: images.Data, ratio: int, seed: int, common: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures, labels and the rare classes."""
    rng = np.random.default_rng(seed)
    rare = rng.permutation(10)[:5]
    rows = [
        rng.permutation(np.flatnonzero(data.y == name))[: common // ratio if name in rare else common]
        for name in range(10)
    ]
    chosen = np.concatenate(rows)
    return data.X[chosen], data.y[chosen], rare


def model_of(remedy: str, epochs: int | None, seed: int) -> Any:
    """The estimator with one remedy."""
    from netwright.data import RandomOverSampler, RandomUnderSampler
    from netwright.tabular import PriorThresholdClassifier
    from netwright.training import Training
    from netwright.vision import ConvNetClassifier

    sampler = None
    if remedy.startswith("over"):
        sampler = RandomOverSampler()
    elif remedy.startswith("under"):
        sampler = RandomUnderSampler()
    weight = "balanced" if remedy.startswith("cost") else None
    training = Training(sampler=sampler, epochs=epochs)
    model = ConvNetClassifier(class_weight=weight, training=training, random_state=seed)
    return PriorThresholdClassifier(model) if "thresholding" in remedy else model


def measure(remedy: str, ratio: int, seed: int, *, quick: bool) -> None:
    """Fit with one remedy in this process, and tell accuracy, and recall of the rare classes."""
    data = images.load(None)
    X, y, rare = made_rare(data, ratio, seed, COMMON // 5 if quick else COMMON)
    model = model_of(remedy, 2 if quick else None, seed)
    with frame.Clock() as fitting:
        model.fit(X, y)
    right = model.predict(data.X_test) == data.y_test
    is_rare = np.isin(data.y_test, rare)
    frame.tell(
        accuracy=float(right.mean()),
        rare=float(right[is_rare].mean()),
        common=float(right[~is_rare].mean()),
        cpu=fitting.cpu,
    )


def figures(answers: list[frame.Told]) -> list[str]:
    """Accuracies and seconds of one remedy over the rounds."""
    columns = (("accuracy", ".3f"), ("rare", ".3f"), ("common", ".3f"), ("cpu", ".0f"))
    return [frame.interval([float(answer[key]) for answer in answers], form) for key, form in columns]


def main() -> None:
    """Measure one remedy where asked to (`--measure`), else all of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few pictures, one round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--measure", choices=REMEDIES)
    parser.add_argument("--ratio", type=int, default=RATIOS[-1])
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.measure, asked.ratio, asked.seed, quick=asked.quick)
        return
    print(frame.machine(), flush=True)
    quick = ["--quick"] if asked.quick else []
    for ratio in RATIOS:
        told: dict[str, list[frame.Told]] = {remedy: [] for remedy in REMEDIES}
        for seed in range(1 if asked.quick else asked.rounds):
            options = ["--ratio", ratio, "--seed", seed, *quick]
            commands = {one: frame.competitor(__file__, "--measure", one, *options) for one in REMEDIES}
            for remedy, answers in frame.compete(commands, 1, images.EVERY_CORE).items():
                told[remedy] += answers
        lines = [[remedy, *figures(answers)] for remedy, answers in told.items()]
        print(f"\nfive classes {ratio} times rarer than the other five\n")
        header = [
            "remedy",
            "accuracy, all classes alike",
            "of the rare five",
            "of the common five",
            "fit, CPU s",
        ]
        print(frame.markdown(header, lines), flush=True)


if __name__ == "__main__":
    main()
