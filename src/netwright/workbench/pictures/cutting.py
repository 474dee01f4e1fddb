"""Pictures cut into those to learn from and those to judge by."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from netwright.core.errors import ImageError, InputError
from netwright.data import Target, read_target, split_rows
from netwright.workbench.cut import Part, TaskName
from netwright.workbench.pictures.pictures import Pictures


@dataclass(frozen=True)
class PictureCut:
    """Pictures that have been cut into those to learn from and those to judge by.

    Args:
        target: what is predicted, of the former.
        learn: the former, as rows.
        held_out: the latter.
        pictures: the former with their names.
        held: the latter with their names.
    """

    target: Target
    learn: Part
    held_out: Part
    pictures: Pictures
    held: Pictures


def cut_pictures(
    pictures: Pictures, test: Pictures | None, task: TaskName, test_size: float, seed: int
) -> PictureCut:
    """Return pictures cut into those to learn from and those to judge by.

    Args:
        pictures: all, or those to learn from.
        test: those to judge by, or None to hold some out.
        task: "auto" goes by the labels.
        test_size: share that is held out.
        seed: of the split.

    Raises:
        InputError: when labels are lacking, or cannot be learned.
    """
    name = pictures.target
    if pictures.labels is None:
        mend = "name the column by --target, or add the labels"
        raise ImageError("pictures to learn from must have labels", "none", mend)
    target = read_target(pd.DataFrame({name: pictures.labels}), name, task)
    held = test
    rows, held_rows = target.rows, np.zeros(0, np.int64)
    if test is None:
        y = None if target.classes is None else target.values
        places, held_places = split_rows(len(rows), fraction=test_size, y=y, random_state=seed)
        rows, held_rows = target.rows[places], target.rows[held_places]
        held = pictures.take(held_rows)
    assert held is not None  # noqa: S101  (taken above where it was)
    learn = pictures.take(rows)
    truth = _labels(held, target)
    return PictureCut(
        target,
        Part(learn.pixels, _labels(learn, target), rows),  # type: ignore[arg-type]  # pictures, not a frame
        Part(held.pixels, truth, held_rows if test is None else np.arange(len(held))),  # type: ignore[arg-type]
        learn,
        held,
    )


def _labels(pictures: Pictures, target: Target) -> np.ndarray:
    if pictures.labels is None:
        raise ImageError("test pictures must have labels", "none", "add them, or leave the pictures out")
    labels = np.asarray(pictures.labels)
    if target.classes is None:
        return labels.astype(np.float64)
    strange = ~np.isin(labels, target.classes)
    if strange.any():
        row = int(np.flatnonzero(strange)[0])
        raise InputError(
            "test pictures must have classes of training",
            f"{str(labels[row])[:60]!r} for {pictures.names[row]}",
            f"known are {', '.join(map(str, target.classes[:8]))}",
        )
    return labels
