"""Using a finished job: predict new rows, evaluate known ones, say what it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from netwright.core.errors import InputError, ModelError, TableError
from netwright.data import read_frame, read_target, to_frame, write_frame
from netwright.workbench.importance import score_of
from netwright.workbench.job import JobNote, load_job
from netwright.workbench.pictures.use import evaluate_pictures, predict_pictures
from netwright.workbench.series.use import evaluate_series, predict_series


def predict(
    folder: str | Path,
    data: Any = None,
    *,
    out: str | Path | None = None,
    ignore_extra: bool = False,
    image: str | None = None,
) -> pd.DataFrame:
    """Return predictions for the rows of a table, with its index, for pictures, or the steps ahead of series.

    Args:
        folder: a job's folder.
        data: a file or a table in memory with the columns of training; the target may be there or not. For a
            net of pictures: a file, a list of files, a folder, or arrays. For a forecaster: newer rows with
            those before them, or None for the steps after those of training.
        out: file for the predictions (CSV, TSV, Parquet, JSON lines); None writes nothing.
        ignore_extra: pass over columns that training did not know, instead of refusing them.
        image: the column of paths, where a table names the pictures.

    Raises:
        ModelError: when the folder cannot be read.
        TableError: when a column is lacking, unknown or of another type.
        ImageError: when a picture cannot be read.

    Example:
        >>> import tempfile
        >>> from netwright.workbench import fit
        >>> table = pd.DataFrame({"x": np.arange(60.0), "y": 2 * np.arange(60.0)})
        >>> folder = Path(tempfile.mkdtemp()) / "job"
        >>> _ = fit(table, target="y", out=folder, references=False)
        >>> predict(folder, table.head(3)).shape
        (3, 1)
    """
    model, note = load_job(folder)
    with _whole(folder):
        if note.task == "forecast":
            predicted = predict_series(data, model)
        elif data is None:
            raise TableError("the rows to predict must be given", "none", "name a file")
        elif hasattr(model, "picture_shape_"):
            predicted = predict_pictures(data, model, note, image)
        else:
            predicted = model.predict_frame(_features(_read(data), note, ignore_extra=ignore_extra))
    if out is not None:
        write_frame(predicted, Path(out))
    return predicted


def evaluate(
    folder: str | Path, data: Any, *, ignore_extra: bool = False, image: str | None = None
) -> dict[str, float]:
    """Return the loss and the scores of a job's model on rows whose target is known.

    The loss is the one that training makes smaller, without regularisation; the scores follow from what
    `predict` returns. For pictures and series there are the scores alone. A forecaster forecasts the steps
    that came after training from rolling origins, and is not fitted again.

    Args:
        folder: a job's folder.
        data: a file or a table in memory, with the target; for a net of pictures what `fit_pictures` takes;
            for a forecaster later rows with those before them.
        ignore_extra: pass over columns that training did not know.
        image: the column of paths, where a table names the pictures.

    Raises:
        ModelError: when the folder cannot be read.
        TableError: when the target or another column is lacking, unknown or of another type.

    Example:
        >>> import tempfile
        >>> from netwright.workbench import fit
        >>> table = pd.DataFrame({"x": np.arange(60.0), "y": 2 * np.arange(60.0)})
        >>> folder = Path(tempfile.mkdtemp()) / "job"
        >>> _ = fit(table, target="y", out=folder, references=False)
        >>> list(evaluate(folder, table))
        ['loss', 'r2', 'rmse', 'mae', 'median_absolute_error']

    Source:
        Chollet (2015), "Keras", the methods evaluate and predict of a model, github.com/keras-team/keras.
    """
    model, note = load_job(folder)
    if note.task == "forecast":
        with _whole(folder):
            return evaluate_series(data, model)
    if hasattr(model, "picture_shape_"):
        with _whole(folder):
            return evaluate_pictures(data, model, note, image)
    frame = _read(data)
    X = _features(frame, note, ignore_extra=ignore_extra)
    with _whole(folder):
        truth = _truth(frame, note, model)
        return {"loss": model.loss(X, truth), **score_of(model, X, truth, task=note.task)}


def info(folder: str | Path) -> JobNote:
    """Return what a job knows: target, task, columns and scores.

    Args:
        folder: a job's folder.

    Raises:
        ModelError: when the folder cannot be read.

    Example:
        >>> info("nowhere")
        Traceback (most recent call last):
        netwright.core.errors.ModelError: the job must be a folder written by `netwright fit`, got nowhere...
    """
    return load_job(folder)[1]


@contextmanager
def _whole(folder: str | Path) -> Iterator[None]:
    """Name the model where it fails on a table that is in order, as one with strange values inside does."""
    try:
        yield
    except (InputError, OSError, MemoryError):
        raise
    except Exception as error:
        raise ModelError(
            "the model must be as it was saved",
            f"{folder}, which fails with {type(error).__name__}: {' '.join(str(error).split())[:100]}",
            "make it again with `netwright fit`; if that does not help, please report it",
        ) from error


def _read(data: Any) -> pd.DataFrame:
    if isinstance(data, (list, tuple)) and data and isinstance(data[0], (str, Path)):
        raise TableError("a net for tables must be given one file", f"{len(data)}", "predict them in turn")
    return read_frame(data) if isinstance(data, (str, Path)) else to_frame(data)


def _features(frame: pd.DataFrame, note: JobNote, *, ignore_extra: bool) -> pd.DataFrame:
    present = set(frame.columns)
    lacking = [name for name in note.columns if name not in present and name not in note.left_out]
    if lacking:
        raise TableError(
            "the table must have the columns of training",
            f"no column {', '.join(map(repr, lacking[:5]))}",
            "add it, with empty cells where unknown",
        )
    known = {*note.columns, *note.known}
    extra = [name for name in frame.columns if name not in known]
    if extra and not ignore_extra:
        raise TableError(
            "the table must have the columns of training and no others",
            f"the further column {', '.join(map(repr, extra[:5]))}",
            "leave it out, or pass --ignore-extra (ignore_extra=True)",
        )
    return frame.reindex(columns=note.columns)


def _truth(frame: pd.DataFrame, note: JobNote, model: Any) -> np.ndarray:
    if note.target not in frame.columns:
        raise TableError(
            "the table must have the target", f"no column {note.target!r}", "add it, or use predict"
        )
    column = frame[note.target]
    if column.isna().any():
        row = int(np.flatnonzero(column.isna())[0]) + 1
        raise TableError(f"the target {note.target!r} must be known", f"none in row {row}", "leave it out")
    if note.task == "regression":
        return read_target(frame, note.target, "regression").values
    named = {str(name): name for name in model.classes_}
    values = [named.get(str(value)) for value in column]
    if None in values:
        row = values.index(None)
        raise TableError(
            f"the target {note.target!r} must hold classes of training ({', '.join(list(named)[:8])})",
            f"{str(column.iloc[row])[:60]!r} in row {row + 1}",
            "leave such rows out",
        )
    return np.asarray(values)
