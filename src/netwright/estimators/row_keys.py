"""A number for each row of a matrix that follows from the row's bits alone."""

import numpy as np
from jaxtyping import UInt64

WORDS_AT_ONCE = 2**15
MIX, HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)


def row_keys(matrix: np.ndarray, *, stream: int = 0) -> UInt64[np.ndarray, " rows"]:
    """Return a 64-bit key of each row, wherever it stands and whatever stands beside it.

    Rows of the same bits have the same key; others share one with a chance of about 1 in 2^60.

        key = sum of c_j * mix(w_j) modulo 2^64

    over the 64-bit words w of the row, with random odd c. Mixing brings the high bits of a word, in which
    floating-point numbers differ most, down to where the product keeps them all.

    Args:
        matrix: (rows, columns) of numbers.
        stream: keys of another stream have nothing to do with these.

    Example:
        >>> keys = row_keys(np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0]]))
        >>> keys[0] == keys[2], keys[0] == keys[1]
        (np.True_, np.False_)

    Source:
        The sum of products: Kaser and Lemire (2014), "Strongly universal string hashing is fast",
        arXiv:1202.4961.
    """
    if matrix.dtype.itemsize > 8:  # long numbers hold bytes that mean nothing
        matrix = matrix.astype(np.float64)
    n_rows, n_bytes = len(matrix), matrix.shape[1] * matrix.dtype.itemsize
    n_words = -(-n_bytes // 8)
    factors = np.random.PCG64(stream).random_raw(n_words) | np.uint64(1)
    keys = np.empty(n_rows, dtype=np.uint64)
    n_at_once = min(n_rows, max(1, WORDS_AT_ONCE // n_words))
    buffers = np.empty((2, n_at_once, n_words), dtype=np.uint64)
    for start in range(0, n_rows, n_at_once):
        words = _words(matrix[start : start + n_at_once], n_bytes, n_words)
        mixed, high = buffers[:, : len(words)]
        np.right_shift(words, HALF, out=high)
        np.bitwise_xor(words, high, out=mixed)
        mixed *= MIX
        np.right_shift(mixed, HALF, out=high)
        mixed ^= high
        np.matmul(mixed, factors, out=keys[start : start + n_at_once])
    return keys


def _words(part: np.ndarray, n_bytes: int, n_words: int) -> UInt64[np.ndarray, "rows words"]:
    """Return the bytes of each row as whole words, with zeros behind the last one."""
    part = np.ascontiguousarray(part)
    if n_bytes % 8 == 0:
        return part.view(np.uint64)
    padded = np.zeros((len(part), n_words * 8), dtype=np.uint8)
    padded[:, :n_bytes] = part.view(np.uint8)
    return padded.view(np.uint64)
