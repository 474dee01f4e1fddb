"""What is looked for in pictures before a net learns from them."""

import hashlib

import numpy as np
import torch

from netwright.data import TableFinding
from netwright.workbench.pictures.pictures import Pictures

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
    learned, flat = _looked_at(learn)
    held, _ = _looked_at(held_out)
    found = [
        _copies(learned, held, held_out),
        _contradictions(learned, learn),
        *_classes(learn),
        _flat(flat, learn),
    ]
    return [finding for finding in found if finding is not None]


def check_reading(*sources: Pictures | None) -> list[TableFinding]:
    """Return what a user should know of files that were left out.

    Args:
        sources: pictures to learn from, and to judge by where these come by themselves.

    Example:
        >>> one = Pictures(torch.zeros(1, 1, 3, 3, dtype=torch.uint8), None, ["1"], left_out=("2 is torn",))
        >>> check_reading(one, None)[0].message
        '1 file cannot be read and is left out; 1 of 2 pictures are there.'
    """
    there = [source for source in sources if source is not None]
    problems = [problem for source in there for problem in source.left_out]
    if not problems:
        return []
    n_rows = sum(map(len, there))
    lacking = (
        "1 file cannot be read and is"
        if len(problems) == 1
        else f"{len(problems):,} files cannot be read and are"
    )
    message = f"{lacking} left out; {n_rows:,} of {n_rows + len(problems):,} pictures are there."
    return [TableFinding("unreadable_pictures", "warning", message, (), (), f"The first: {problems[0]}.")]


def _looked_at(pictures: Pictures) -> tuple[list[bytes], list[int]]:
    """A fingerprint of each picture, alike where two are copies, and the rows of those of one colour."""
    prints, flat = list[bytes](), list[int]()
    for part in pictures.parts():
        low, high = part.flatten(1).aminmax(dim=1)
        flat += (len(prints) + torch.nonzero(low == high).flatten()).tolist()
        prints += [hashlib.blake2b(row, digest_size=16).digest() for row in part.flatten(1).numpy()]
    return prints, flat


def _copies(learned: list[bytes], held: list[bytes], held_out: Pictures) -> TableFinding | None:
    known = set(learned)
    rows = [row for row, one in enumerate(held) if one in known]
    if not rows:
        return None
    message = (
        f"{len(rows):,} of the {len(held_out):,} held-out pictures are copies of pictures that are learned "
        f"from ({_named(held_out, rows)}): the scores are too good by them."
    )
    remedy = "Remove copies, or hold out test pictures of your own."
    return TableFinding("copies_held_out", "warning", message, (), tuple(rows[:100]), remedy)


def _contradictions(learned: list[bytes], learn: Pictures) -> TableFinding | None:
    first: dict[bytes, int] = {}
    rows = []
    assert learn.labels is not None  # noqa: S101  (nothing is learned without)
    for row, one in enumerate(learned):
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


def _flat(rows: list[int], learn: Pictures) -> TableFinding | None:
    if not rows:
        return None
    message = f"{len(rows):,} pictures are of one colour throughout ({_named(learn, rows)})."
    return TableFinding("flat_pictures", "note", message, (), tuple(rows[:100]), "Leave them out.")


def _named(pictures: Pictures, rows: list[int]) -> str:
    names = ", ".join(pictures.names[row] for row in rows[:MOST_NAMED])
    return names + (", ..." if len(rows) > MOST_NAMED else "")
