"""Links between what went into a sequence model and what came out, and the groups that they form."""

from dataclasses import dataclass
from html import escape
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import SpectralCoclustering

from netwright.core.errors import InputError


@final
@dataclass(frozen=True, eq=False)
class SequenceLinks:
    """How each part of an output hangs on each part of the input, and how sure that is.

    Args:
        inputs: labels of what went in.
        outputs: labels of what came out.
        weights: (inputs, outputs), the links.
        deviations: (inputs, outputs), the standard deviation of each.
        certainty: a link counts where it is as many deviations away from 0.

    Example:
        >>> links = SequenceLinks(("le", "chat"), ("the", "cat"), np.eye(2), np.full((2, 2), 0.1))
        >>> links.groups()
        [(('le',), ('the',)), (('chat',), ('cat',))]
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    weights: NDArray[np.float64]
    deviations: NDArray[np.float64]
    certainty: float = 3.0

    def sure(self) -> NDArray[np.float64]:
        """Return what is left of each link when its doubt is taken off, (inputs, outputs); 0 for none."""
        left: NDArray[np.float64] = np.abs(self.weights) - self.certainty * self.deviations
        return np.sign(self.weights) * np.maximum(left, 0)

    def pairs(self) -> list[tuple[int, int]]:
        """Return the links that count as pairs of numbers, input and output, the strongest first."""
        strength = np.abs(self.sure())
        order = np.argsort(-strength, axis=None, kind="stable")[: int((strength > 0).sum())]
        rows, columns = np.unravel_index(order, strength.shape)
        return list(zip(rows.tolist(), columns.tolist(), strict=True))

    def groups(
        self, n_groups: int | None = None, *, random_state: int = 0
    ) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Return parts of input and output that belong together, in the order of the inputs.

        Args:
            n_groups: into which the graph of links is cut by spectral co-clustering; None for as many as hang
                together without a cut.
            random_state: seed of the cut.

        Raises:
            InputError: when there are fewer linked parts than groups.
        """
        strength = np.abs(self.sure())
        rows, columns = np.flatnonzero(strength.any(1)), np.flatnonzero(strength.any(0))
        if n_groups is None:
            of_row, of_column = _components(strength[np.ix_(rows, columns)])
        else:
            if not 1 <= n_groups <= min(len(rows), len(columns)):
                came = f"{n_groups} for {len(rows)} and {len(columns)}"
                raise InputError("n_groups must be from 1 to the linked parts", came, "ask for fewer")
            cut = SpectralCoclustering(n_groups, random_state=random_state)
            cut.fit(strength[np.ix_(rows, columns)])
            of_row, of_column = cut.row_labels_, cut.column_labels_
        told = []
        for group in dict.fromkeys(of_row.tolist()):
            went = tuple(self.inputs[row] for row in rows[of_row == group])
            told.append((went, tuple(self.outputs[one] for one in columns[of_column == group])))
        return told

    def to_svg(self, *, width: int = 640, height: int = 160) -> str:
        """Return the input above the output as an SVG picture, with a line for each link that counts.

        Args:
            width: pixels.
            height: pixels.
        """
        strength = np.abs(self.sure())
        share = strength / max(float(strength.max(initial=0.0)), 1e-12)
        above, below = _places(self.inputs, width), _places(self.outputs, width)
        lines = "".join(
            f'<line x1="{above[i]:.1f}" y1="28" x2="{below[j]:.1f}" y2="{height - 30}" stroke="#1446dc" '
            f'stroke-width="2" stroke-opacity="{share[i, j]:.2f}"><title>{self.weights[i, j]:.3g} +- '
            f"{self.deviations[i, j]:.2g}</title></line>"
            for i, j in self.pairs()
        )
        words = [(x, 20, one) for x, one in zip(above, self.inputs, strict=True)]
        words += [(x, height - 12, one) for x, one in zip(below, self.outputs, strict=True)]
        texts = "".join(
            f'<text x="{x:.1f}" y="{y}" text-anchor="middle" font-family="monospace" font-size="12">'
            f"{escape(word)}</text>"
            for x, y, word in words
        )
        size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{lines}{texts}</svg>'


def _components(strength: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Numbers of the connected parts of a graph of two sides, for both sides."""
    n_rows, n_columns = strength.shape
    row, column = np.nonzero(strength)
    size = n_rows + n_columns
    graph = coo_matrix((np.ones(len(row)), (row, column + n_rows)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    return label[:n_rows], label[n_rows:]


def _places(labels: tuple[str, ...], width: int) -> NDArray[np.float64]:
    return (np.arange(len(labels)) + 0.5) * width / max(len(labels), 1)
