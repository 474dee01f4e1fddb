"""How unlike in number classes are, and the weights that would even them out."""

from collections.abc import Iterator

import torch

from netwright.data.weights import class_weights
from netwright.doctor.case.case import Case
from netwright.doctor.checks.seen import labels_of
from netwright.doctor.finding import Finding, Place

RATIO = 10.0


def check_class_ratio(case: Case) -> Iterator[Finding]:
    """D11, the ratio: the commonest class has more than ten times the rows of the rarest one.

    Information, with the weights that would give each class the same say, unless the loss is weighted
    already. Whether a rare class is really missed is looked at by `check_imbalance`.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    labels = labels_of(case.train.target, case.task) if case.train is not None else None
    settings = case.loss.settings if case.loss is not None else {}
    if labels is None or any(settings.get(name) is not None for name in ("weight", "pos_weight")):
        return
    values, counts = torch.unique(labels, return_counts=True)
    if len(values) < 2 or float(counts.max() / counts.min()) <= RATIO:
        return
    common, rare = int(values[counts.argmax()]), int(values[counts.argmin()])
    weights = class_weights(labels.numpy())
    yield Finding(
        "imbalance_ignored",
        "info",
        f"Of {len(labels)} rows seen class {common} has {int(counts.max())}, class {rare} has "
        f"{int(counts.min())}: weights of "
        f"{weights[common]:.3g} and {weights[rare]:.3g} would give both the same say.",
        Place(case.name or None, case.loss.operation.line if case.loss else case.tape.line),
        {
            "ratio": float(counts.max() / counts.min()),
            "balanced weights": {str(name): weight for name, weight in list(weights.items())[:50]},
        },
        "Look at the recall of each class; weight the loss where the rare class matters.",
    )
