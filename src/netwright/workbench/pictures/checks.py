"""What is looked for in pictures before a net learns from them."""

import numpy as np
import torch

from netwright.data import TableFinding
from netwright.workbench.pictures.source import Pictures

FEW, RARE = 20, 10.0
"""Pictures of a class below which a net learns little of it; and how many times rarer is worth a word."""

MOST_NAMED = 3


def check_pictures(learn: Pictures, held_out: Pictures) -> list[TableFinding]:
    """Return what a user should know of the pictures: copies, contradictions, rare classes.

    Args:
        learn: to learn from.
        held_out: to judge by.

    Example:
        >>> grey = Pictures(torch.zeros(2, 1, 3, 3, dtype=torch.uint8), np.array(["a", "a"]), ["1", "2"])
        >>> [finding.kind for finding in check_pictures(grey, grey)]
        ['copies_held_out', 'few_pictures', 'flat_pictures']
    """
    found = [
        _copies(learn, held_out),
        _contradictions(learn),
        *_classes(learn),
        _flat(learn),
    ]
    return [finding for finding in found if finding is not None]


def fingerprints(pictures: Pictures) -> list[bytes]:
    """Return the bytes of each picture, alike where two pictures are copies.

    Args:
        pictures: of one size.
    """
    flat = pictures.pixels.flatten(1).numpy()
    return [row.tobytes() for row in flat]


def _copies(learn: Pictures, held_out: Pictures) -> TableFinding | None:
    known = set(fingerprints(learn))
    rows = [row for row, one in enumerate(fingerprints(held_out)) if one in known]
    if not rows:
        return None
    message = (
        f"{len(rows):,} of the {len(held_out):,} held-out pictures are copies of pictures that are learned "
        f"from ({_named(held_out, rows)}): the scores are too good by them."
    )
    remedy = "Remove copies, or hold out test pictures of your own."
    return TableFinding("copies_held_out", "warning", message, (), tuple(rows[:100]), remedy)


def _contradictions(learn: Pictures) -> TableFinding | None:
    first: dict[bytes, int] = {}
    rows = []
    assert learn.labels is not None  # noqa: S101  (nothing is learned without)
    for row, one in enumerate(fingerprints(learn)):
        if learn.labels[first.setdefault(one, row)] != learn.labels[row]:
            rows.append(row)
    if not rows:
        return None
    names = _named(learn, rows)
    message = f"{len(rows):,} pictures have a copy with another label ({names}): one of them is wrong."
    return TableFinding("conflicting_labels", "warning", message, (), tuple(rows[:100]), "Look at these.")


def _classes(learn: Pictures) -> list[TableFinding]:
    labels = np.asarray(learn.labels)
    if labels.dtype.kind == "f":
        return []
    names, counts = np.unique(labels.astype(str), return_counts=True)
    found = []
    if counts.min() < FEW:
        few = [f"{name} ({count})" for name, count in zip(names, counts, strict=True) if count < FEW]
        message = f"Classes with under {FEW} pictures to learn from: {', '.join(few[:8])}."
        remedy = "Add pictures, or begin from a network that others have trained."
        found.append(TableFinding("few_pictures", "note", message, (), (), remedy))
    if counts.max() > RARE * counts.min():
        message = (
            f"{names[counts.argmax()]} has {counts.max() / counts.min():.0f} times the pictures of "
            f"{names[counts.argmin()]}."
        )
        remedy = "Over-sampling is the first remedy to try: Training(sampler=RandomOverSampler())."
        found.append(TableFinding("class_imbalance", "note", message, (), (), remedy))
    return found


def _flat(learn: Pictures) -> TableFinding | None:
    low, high = learn.pixels.flatten(1).aminmax(dim=1)
    rows = torch.nonzero(low == high).flatten().tolist()
    if not rows:
        return None
    message = f"{len(rows):,} pictures are of one colour throughout ({_named(learn, rows)})."
    return TableFinding("flat_pictures", "note", message, (), tuple(rows[:100]), "Leave them out.")


def _named(pictures: Pictures, rows: list[int]) -> str:
    names = ", ".join(pictures.names[row] for row in rows[:MOST_NAMED])
    return names + (", ..." if len(rows) > MOST_NAMED else "")
