"""Codebooks and codes of the smallest anisotropic loss, by turns: part by part, each step exact."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from netwright.search.exact import BLOCK
from netwright.search.metric import Floats

Codes = NDArray[np.uint8]

SWEEPS, ENCODING_SWEEPS = 6, 3
"""Turns of all parts; the loss falls by less than a hundredth in later ones."""


def anisotropic_loss(rows: Floats, centres: Floats, codes: Codes, eta: float) -> float:
    """Return the mean of eta |r_par|^2 + |r_orth|^2 over rows.

    Args:
        rows: vectors of the codebooks' width.
        centres: (part, centre, numbers of a part).
        codes: (row, part).
        eta: weight of the error along the row.
    """
    residual = rows - decode(centres, codes)
    along = np.einsum("nd,nd->n", residual, directions(rows))
    return float(np.mean(np.einsum("nd,nd->n", residual, residual) + (eta - 1) * along**2))


def learn_codebooks(rows: Floats, centres: Floats, codes: Codes, eta: float) -> Floats:
    """Return centres of a lower loss than those of plain product quantisation, which they begin with."""
    centres, turns = centres.copy(), _Turns(rows, centres, codes, eta)
    for _ in range(SWEEPS):
        for part in range(len(centres)):
            turns.assign(part, centres[part])
            centres[part] = turns.centres(part, centres[part])
    return centres


def encode(rows: Floats, centres: Floats, codes: Codes, eta: float) -> Codes:
    """Return codes of a lower loss than those of the nearest centres, which they begin with."""
    turns = _Turns(rows, centres, codes, eta)
    for _ in range(ENCODING_SWEEPS):
        for part in range(len(centres)):
            turns.assign(part, centres[part])
    return turns.codes


def decode(centres: Floats, codes: Codes) -> Floats:
    """Return the rows that the codes stand for."""
    rows: Floats = np.concatenate([centres[part][codes[:, part]] for part in range(len(centres))], axis=1)
    return rows


def directions(rows: Floats) -> Floats:
    """Return rows of length one; zeros stay."""
    lengths = np.sqrt(np.einsum("nd,nd->n", rows, rows))[:, None]
    unit: Floats = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return unit


class _Turns:
    """Rows with their codes, and what these leave along each row: sum over parts of <u, x - c>."""

    def __init__(self, rows: Floats, centres: Floats, codes: Codes, eta: float) -> None:
        self.unit, self.codes, self.eta = directions(rows), codes.copy(), np.float32(eta)
        self.lengths = np.sqrt(np.einsum("nd,nd->n", rows, rows))
        self.along = np.einsum("nd,nd->n", rows - decode(centres, codes), self.unit)
        self.width = centres.shape[2]

    def assign(self, part: int, centres: Floats) -> None:
        """Give each row the centre of the lowest loss while its other parts stay.

        The loss of centre c is |x|^2 - 2 <x, c> + |c|^2 + (eta - 1) (rest - <u, c>)^2, where rest is what
        the other parts leave along the row, and <u, x> of this one. With x = |x| u only <u, c> is needed.
        """
        unit, more = self._part(part), self.eta - 1
        squares = np.einsum("cd,cd->c", centres, centres)
        step = max(1, BLOCK // len(centres))
        for start in range(0, len(unit), step):
            some = slice(start, start + step)
            shadows = unit[some] @ centres.T  # (row, centre)
            rest = self.along[some] + _chosen(shadows, self.codes[some, part])
            losses = more * shadows  # without what is the same for every centre; in place
            losses -= 2 * (self.lengths[some] + more * rest)[:, None]
            losses *= shadows
            losses += squares
            best = losses.argmin(axis=1)
            self.codes[some, part] = best
            self.along[some] = rest - _chosen(shadows, best)

    def centres(self, part: int, old: Floats) -> Floats:
        """Return the centres of the lowest loss while the codes stay.

        The gradient is zero where (n I + (eta - 1) sum u u^T) c = sum x + (eta - 1) sum rest u, over the n
        rows of the centre.
        """
        unit, codes, more = self._part(part), self.codes[:, part], self.eta - 1
        rest = self.along + np.einsum("nd,nd->n", unit, old[codes])
        counts = np.bincount(codes, minlength=len(old))
        members = csr_array(
            (np.ones(len(codes), np.float32), (codes.astype(np.int64), np.arange(len(codes)))),
            shape=(len(old), len(codes)),
        )
        outer = np.zeros((len(old), self.width**2))
        step = max(1, BLOCK // self.width**2)
        for start in range(0, len(unit), step):
            some = unit[start : start + step]
            outer += members[:, start : start + step] @ (some[:, :, None] * some[:, None]).reshape(
                len(some), -1
            )
        identities = counts[:, None, None] * np.eye(self.width)
        left = identities + more * outer.reshape(len(old), self.width, self.width)
        right = members @ ((self.lengths + more * rest)[:, None] * unit)
        used, new = counts > 0, old.copy()
        new[used] = np.linalg.solve(left[used], right[used][:, :, None].astype(np.float64))[:, :, 0]
        self.along = rest - np.einsum("nd,nd->n", unit, new[codes])
        return new

    def _part(self, part: int) -> Floats:
        return np.ascontiguousarray(self.unit[:, part * self.width : (part + 1) * self.width])


def _chosen(table: Floats, places: NDArray[Any]) -> Floats:
    chosen: Floats = np.take_along_axis(table, places[:, None].astype(np.int64), 1)[:, 0]
    return chosen
