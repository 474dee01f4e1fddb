"""Using a job of pictures: predict new ones, evaluate those whose labels are known."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from netwright.core.errors import ImageError
from netwright.data.images.folders import SUFFIXES
from netwright.metrics import scores
from netwright.workbench.job import JobNote
from netwright.workbench.pictures.calibrating import cooled
from netwright.workbench.pictures.pictures import Pictures
from netwright.workbench.pictures.source import Reading, is_pictures, read_source


def read_new(data: Any, model: Any, note: JobNote, image: str | None = None) -> Pictures:
    """Return pictures in the size and the channels of training.

    Args:
        data: a file, a list of files, a folder of files or of classes, arrays in a file, or, with `image`, a
            table of paths; or pictures in memory, as `netwright.data.read_images` takes them.
        model: the fitted estimator.
        note: of its job.
        image: the column of paths.

    Raises:
        ImageError: naming what cannot be read.
    """
    if hasattr(data, "ndim"):
        pixels = model.admit(data)
        return Pictures(pixels, None, [f"row {row + 1}" for row in range(len(pixels))])
    channels, height, width = model.picture_shape_
    target = note.target if image is not None and _has_column(data, note.target) else None
    reading = Reading(image, target, (height, width), channels)
    if not isinstance(data, (str, Path)):
        return read_source([*data], reading)[0]
    path = Path(data)
    if path.is_dir() and (files := sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES)):
        return read_source(files, reading)[0]
    if image is None and not is_pictures(path) and path.suffix.lower() not in SUFFIXES:
        mend = "name the column of paths by --image (image=)"
        raise ImageError("new pictures must be files, a folder or arrays", str(path), mend)
    learn, test = read_source(path, reading)
    return learn if test is None else test


def _has_column(data: Any, name: str) -> bool:
    from netwright.data import read_frame

    return name in (read_frame(Path(data)) if isinstance(data, (str, Path)) else data).columns


def predict_pictures(data: Any, model: Any, note: JobNote, image: str | None = None) -> pd.DataFrame:
    """Return a row for each picture: its name, the prediction, and the probability of each class.

    Args:
        data: as `read_new` takes it.
        model: the fitted estimator.
        note: of its job.
        image: the column of paths.
    """
    pictures = read_new(data, model, note, image)
    frame = pd.DataFrame({"picture": pictures.names})
    if note.task == "regression":
        frame["prediction"] = model.predict(pictures.pixels)
        return frame
    probability = cooled(model.predict_proba(pictures.pixels), model.temperature_)
    frame["prediction"] = model.classes_[probability.argmax(1)]
    for column, name in enumerate(model.classes_):
        frame[f"probability of {name}"] = probability[:, column]
    return frame


def evaluate_pictures(data: Any, model: Any, note: JobNote, image: str | None = None) -> dict[str, float]:
    """Return the scores of a job's model on pictures whose labels are known.

    Args:
        data: as `read_new` takes it, with labels.
        model: the fitted estimator.
        note: of its job.
        image: the column of paths.

    Raises:
        ImageError: when there are no labels, or one that training did not know.
    """
    pictures = read_new(data, model, note, image)
    if pictures.labels is None:
        mend = "give folders of classes, arrays X and y, or a table with the target; or use predict"
        raise ImageError("pictures must have labels", "none", mend)
    if note.task == "regression":
        truth = np.asarray(pictures.labels, np.float64)
        return scores(note.task, truth, model.predict(pictures.pixels))
    named = {str(name): name for name in model.classes_}
    values = [named.get(str(label)) for label in pictures.labels]
    if None in values:
        row = values.index(None)
        came = f"{str(pictures.labels[row])[:60]!r} for {pictures.names[row]}"
        raise ImageError(
            f"labels must be classes of training ({', '.join(list(named)[:8])})", came, "leave it out"
        )
    probability = cooled(model.predict_proba(pictures.pixels), model.temperature_)
    said = model.classes_[probability.argmax(1)]
    return scores(note.task, np.asarray(values), said, probability, classes=list(model.classes_))
