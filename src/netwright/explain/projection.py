"""Vectors on a plane, by t-SNE, with numbers that say how far the plane can be trusted."""

from dataclasses import dataclass
from html import escape
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.manifold import TSNE, trustworthiness

from netwright.core.errors import InputError

COLOURS = (
    "#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee",
    "#aa3377", "#bbbbbb", "#222255", "#dd7733", "#99ddaa",
)  # fmt: skip
NEIGHBOURS = 5


@final
@dataclass(frozen=True, eq=False)
class Projection:
    """Points on a plane.

    Args:
        points: (rows, 2).
        divergence: of Kullback and Leibler, between neighbours among the vectors and on the plane.
        trustworthiness: from 0 to 1; how much of who is near on the plane was near before.

    Example:
        >>> Projection(np.zeros((1, 2)), 0.1, 0.99).to_svg()[:4]
        '<svg'
    """

    points: NDArray[np.float64]
    divergence: float
    trustworthiness: float

    def to_svg(self, labels: Any = None, *, side: int = 480) -> str:
        """Return the points as an SVG picture, in a colour for each label.

        Args:
            labels: (rows); up to ten colours, which then come again; each point says its label.
            side: pixels.
        """
        named = [""] * len(self.points) if labels is None else [str(one) for one in labels]
        colour = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(sorted(set(named)))}
        low, high = self.points.min(0), self.points.max(0)
        at = 8 + (side - 16) * (self.points - low) / np.maximum(high - low, 1e-12).max()
        dots = [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour[name]}">'
            f"<title>{escape(name)}</title></circle>"
            for (x, y), name in zip(at, named, strict=True)
        ]
        size = f'width="{side}" height="{side}" viewBox="0 0 {side} {side}"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>' + "".join(dots) + "</svg>"


def embedding_projection(
    vectors: ArrayLike, *, perplexity: float = 30.0, random_state: int | None = 0
) -> Projection:
    """Return vectors as points on a plane, on which those that were near stay near.

    Use it to look at what an embedding holds: words, sentences, features of a network. Distances between
    groups, and the sizes of groups, mean nothing; neighbours do, as far as `trustworthiness` says.

        minimise KL(P || Q),  q_ij proportional to 1 / (1 + |y_i - y_j|^2),  p_ij of Gaussians around x_i

    Args:
        vectors: (rows, width).
        perplexity: how many neighbours count; lowered to a third of the rows where there are few.
        random_state: seed.

    Raises:
        InputError: when there are fewer than twelve rows, or other axes.

    Example:
        >>> vectors = np.random.default_rng(0).normal(size=(30, 5))
        >>> embedding_projection(vectors).points.shape
        (30, 2)

    Source:
        van der Maaten and Hinton (2008), "Visualizing Data using t-SNE", Journal of Machine Learning Research
        9, 2579-2605.
    """
    rows = np.asarray(vectors)
    if rows.ndim != 2 or len(rows) < 2 * NEIGHBOURS + 2:
        raise InputError(
            "vectors must be (rows, width) of twelve rows or more", str(rows.shape), "give more rows"
        )
    method = TSNE(2, perplexity=min(perplexity, (len(rows) - 1) / 3), init="pca", random_state=random_state)
    points = np.asarray(method.fit_transform(rows), dtype=np.float64)
    trusted = float(trustworthiness(rows, points, n_neighbors=NEIGHBOURS))
    return Projection(points, float(method.kl_divergence_), trusted)
