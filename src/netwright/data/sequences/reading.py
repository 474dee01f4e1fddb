"""Sequences of any form become samples; what cannot be one is told by row and step."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data.sequences.samples import SequenceSamples

Missing = Literal["keep", "raise"]
FORMS = "(rows, time), (rows, time, features), or a list of (time,) or (time, features)"


def read_sequences(
    X: Any, *, missing: Missing = "keep", name: str = "X", smart: bool = True
) -> SequenceSamples:
    """Return sequences of any form as samples in float32.

    Use it before a loop of your own; the estimators of `netwright.sequence` call it. A missing value is NaN
    or None: it stays NaN here, and `SequenceScaler` makes it zero, the mean, with a channel that says so.
    Nothing else that is not finite passes.

    Args:
        X: an array or frame of (rows, time), an array of (rows, time, features), or a list of arrays of
            (time,) or (time, features), whose lengths may differ.
        missing: "keep" leaves NaN where a value is missing, "raise" takes it for an error.
        name: how messages call X.
        smart: whether batches are made of sequences of like lengths.

    Raises:
        InputError: naming the row, and the step where there is one, when X is no such thing, a sequence is
            empty or has other features than the first, or a value is infinite, or missing with "raise".

    Example:
        >>> samples = read_sequences([[1.0, 2.0, 3.0], [4.0, None]])
        >>> samples.lengths, samples.shape
        (tensor([3, 2]), torch.Size([2, 1]))
        >>> read_sequences([[1.0, 2.0], [3.0, float("inf")]])
        Traceback (most recent call last):
        netwright.core.errors.InputError: X must be finite, got inf in row 1, step 1; ...
    """
    if missing not in ("keep", "raise"):
        raise InputError("missing must be 'keep' or 'raise'", repr(missing), "choose one of them")
    if isinstance(X, SequenceSamples):
        samples = X
    else:
        whole = _array(X, name)
        samples = _listed(X, name, smart) if whole is None else _of_array(whole, name, smart)
    _check_finite(samples, missing, name)
    return samples


def _array(X: Any, name: str) -> Float[np.ndarray, "..."] | None:
    """X as one array of numbers, or None where it is a list of sequences."""
    if isinstance(X, Tensor):
        X = X.detach().cpu().numpy()
    if isinstance(X, pd.DataFrame):
        X = X.to_numpy()
    if not isinstance(X, np.ndarray) or (X.dtype == object and X.ndim == 1):
        return None
    return _numbers(X, f"{name} must hold numbers")


def _of_array(whole: np.ndarray, name: str, smart: bool) -> SequenceSamples:
    if whole.ndim not in (2, 3) or 0 in whole.shape:
        mend = f"give one sequence as {name}[None]" if whole.ndim == 1 else "mend the axes"
        raise InputError(f"{name} must be {FORMS}, none of them empty", f"shape {whole.shape}", mend)
    n_rows, n_steps = whole.shape[:2]
    values = torch.from_numpy(np.ascontiguousarray(whole).reshape(n_rows * n_steps, -1))
    return SequenceSamples(values, torch.full((n_rows,), n_steps), smart=smart)


def _listed(X: Any, name: str, smart: bool) -> SequenceSamples:
    if isinstance(X, (str, bytes, dict)) or not isinstance(X, Sequence | np.ndarray) or not len(X):
        raise InputError(f"{name} must be {FORMS}", _told(X), "give at least one sequence")
    parts = [_part(sequence, row, name) for row, sequence in enumerate(X)]
    n_features = parts[0].shape[1]
    strange = next((row for row, part in enumerate(parts) if part.shape[1] != n_features), None)
    if strange is not None:
        raise InputError(
            f"{name} must have as many features in each row, {n_features} as in row 0",
            f"{parts[strange].shape[1]} in row {strange}",
            "time is the first axis of a sequence, features the second",
        )
    lengths = torch.tensor([len(part) for part in parts])
    return SequenceSamples(torch.from_numpy(np.concatenate(parts)), lengths, smart=smart)


def _part(sequence: Any, row: int, name: str) -> Float[np.ndarray, "time features"]:
    if isinstance(sequence, Tensor):
        sequence = sequence.detach().cpu().numpy()
    part = _numbers(sequence, f"{name} must hold numbers, row {row} too")
    if part.ndim not in (1, 2) or 0 in part.shape:
        raise InputError(
            f"{name} must be {FORMS}, none of them empty",
            f"shape {part.shape} in row {row}",
            "leave the row out" if 0 in part.shape else "give each step one number or a row of numbers",
        )
    return part[:, None] if part.ndim == 1 else part


def _numbers(values: Any, expected: str) -> np.ndarray:
    try:
        with np.errstate(over="ignore"):  # too large a number becomes infinite, which is told by row and step
            array = np.asarray(values)
            if array.dtype.kind in "USMmcV":
                raise TypeError(f"values of {array.dtype}")
            return array.astype(np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(expected, str(error)[:80], "encode words and dates as numbers first") from error


def _told(X: Any) -> str:
    return f"a {type(X).__name__}" + (" of no rows" if hasattr(X, "__len__") and not len(X) else "")


def _check_finite(samples: SequenceSamples, missing: Missing, name: str) -> None:
    bad = samples.values.isinf() if missing == "keep" else ~samples.values.isfinite()
    if not bool(bad.any()):
        return
    place = int(bad.any(1).nonzero()[0, 0])
    row = int((samples.lengths.cumsum(0) <= place).sum())
    step = place - int(samples.lengths[:row].sum())
    value = samples.values[place][bad[place]][0].item()
    if value != value:
        raise InputError(
            f"{name} must have no missing value", f"one in row {row}, step {step}", "fill it, or allow NaN"
        )
    raise InputError(
        f"{name} must be finite",
        f"{value} in row {row}, step {step}",
        "write a missing value as NaN, and scale what is beyond the range of float32",
    )
