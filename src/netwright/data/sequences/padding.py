"""Padding and truncation of sequences to one length."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from netwright.core.errors import InputError

Side = Literal["pre", "post"]


def pad_sequences(
    sequences: Sequence[Any],
    length: int | None = None,
    *,
    dtype: Any = "int32",
    padding: Side = "pre",
    truncating: Side = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Return sequences as one array of one length: short ones are padded, long ones cut.

    Use it for token numbers, or wherever a network wants one length; `read_sequences` needs no padding. With
    a recurrent network that has no mask "pre" keeps the end of what is read next to the answer.

        pre: [0, 0, x_1 ... x_T],  post: [x_1 ... x_T, 0, 0];   cut to the last or the first `length` steps

    Args:
        sequences: lists or arrays of (time, ...), alike but for time.
        length: of all of them; None for the longest.
        dtype: of the array.
        padding: where short ones are padded.
        truncating: where long ones are cut.
        value: what stands where no step is.

    Raises:
        InputError: when a sequence is none, or its steps have another form than the first, naming it; or when
            an argument is none of its values.

    Example:
        >>> pad_sequences([[1], [2, 3], [4, 5, 6]], 2)
        array([[0, 1],
               [2, 3],
               [5, 6]], dtype=int32)

    Source:
        Chollet and others (2015), "Keras", https://keras.io: its preprocessing's pad_sequences.
    """
    _check(length, padding, truncating)
    parts = [_cut(sequence, row, length, truncating, dtype) for row, sequence in enumerate(sequences)]
    if not parts and length is None:
        raise InputError("sequences must be at least one", "none", "give the length, or a sequence")
    form = next((part.shape[1:] for part in parts if len(part)), ())
    for row, part in enumerate(parts):
        if len(part) and part.shape[1:] != form:
            came = f"{part.shape[1:]} in sequence {row}"
            raise InputError(f"each step must be of the form {form}, as in the first", came, "mend it")
    lengths = np.array([len(part) for part in parts], dtype=np.int64)
    n_steps = int(lengths.max()) if length is None else length
    out = np.full((len(parts), n_steps, *form), value, dtype=dtype)
    steps = np.arange(n_steps)
    filled = steps < lengths[:, None] if padding == "post" else steps >= n_steps - lengths[:, None]
    if filled.any():
        out[filled] = np.concatenate([part for part in parts if len(part)])
    return out


def _cut(sequence: Any, row: int, length: int | None, truncating: Side, dtype: Any) -> np.ndarray:
    if not hasattr(sequence, "__len__"):
        came = f"{type(sequence).__name__} in place {row}"
        raise InputError("sequences must be a list of sequences", came, "give one sequence as [sequence]")
    if length is not None and len(sequence) > length:
        sequence = sequence[-length:] if truncating == "pre" else sequence[:length]
    try:
        return np.asarray(sequence, dtype=dtype)
    except (TypeError, ValueError) as error:
        expected = f"sequence {row} must become an array of {np.dtype(dtype)}"
        raise InputError(expected, str(error)[:80], "give another dtype, or steps of one form") from error


def _check(length: int | None, padding: str, truncating: str) -> None:
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in ("pre", "post"):
            raise InputError(f"{name} must be 'pre' or 'post'", repr(side), "choose one of them")
    if length is not None and length < 1:
        raise InputError("length must be at least 1", str(length), "leave it out for the longest")
