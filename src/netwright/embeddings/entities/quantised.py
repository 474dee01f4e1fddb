"""Vectors in few bits: whole numbers and one scale a vector."""

from dataclasses import dataclass
from typing import Self, final

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError


@final
@dataclass(frozen=True)
class QuantisedVectors:
    """Vectors kept as whole numbers of 8 bits or fewer, with one scale for each.

    Use it where millions of vectors must fit in memory: 8 bits are a quarter of float32, and what is near
    stays near.

        code = round(v / s),   s = max |v| / (2^(bits - 1) - 1),   v ~ s code

    Args:
        codes: (vectors, width).
        scales: (vectors).

    Example:
        >>> vectors = np.array([[1.0, -0.5, 0.25]], np.float32)
        >>> small = QuantisedVectors.of(vectors)
        >>> small.codes.tolist(), small.nbytes, bool(abs(small.decode() - vectors).max() < 0.004)
        ([[127, -64, 32]], 7, True)

    Source:
        Blanco, Ottaviano and Meij (2015), "Fast and Space-Efficient Entity Linking in Queries", WSDM,
        doi:10.1145/2684822.2685317.

    Differs:
        The paper searches for one scale of all vectors and writes the whole numbers with Golomb codes; here
        each vector has its own scale and each number the same bits, so that any vector can be read by itself.
    """

    codes: NDArray[np.int8]
    scales: NDArray[np.float32]

    @classmethod
    def of(cls, vectors: NDArray[np.float32], bits: int = 8) -> Self:
        """Quantise vectors.

        Args:
            vectors: (vectors, width), finite.
            bits: for each number, 2 to 8; fewer than 8 take the same memory, but compress better.

        Raises:
            InputError: when bits are out of range, or a vector is not finite.
        """
        if not 2 <= bits <= 8:
            raise InputError("bits must be from 2 to 8", str(bits), "8 loses hardly anything")
        if not np.isfinite(vectors).all():
            row = int(np.argmin(np.isfinite(vectors).all(1)))
            raise InputError("vectors must be finite", f"another in row {row + 1}", "drop this row")
        scales = np.abs(vectors).max(axis=1, initial=0.0) / (2 ** (bits - 1) - 1)
        codes = np.rint(vectors / np.where(scales > 0, scales, 1.0)[:, None])
        return cls(codes.astype(np.int8), scales.astype(np.float32))

    @property
    def nbytes(self) -> int:
        """Bytes that codes and scales take."""
        return self.codes.nbytes + self.scales.nbytes

    def decode(self) -> NDArray[np.float32]:
        """Return the vectors in float32, as near as the bits allow."""
        decoded: NDArray[np.float32] = self.codes.astype(np.float32) * self.scales[:, None]
        return decoded
