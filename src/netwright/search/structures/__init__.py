"""What holds the vectors: every row, a graph, cells, codes."""

from typing import Any

from netwright.core.errors import InputError
from netwright.search.metric import Metric
from netwright.search.settings import HNSW, IVF, PQ, SQ, Anisotropic, Exact, Settings
from netwright.search.structures.anisotropic import AnisotropicCodes
from netwright.search.structures.base import Shape, Structure
from netwright.search.structures.cells import Cells
from netwright.search.structures.codes import Coded
from netwright.search.structures.every_row import EveryRow
from netwright.search.structures.graph import Graph

BUILT: dict[type[Settings], type[Structure[Any]]] = {
    Exact: EveryRow,
    HNSW: Graph,
    IVF: Cells,
    PQ: Coded,
    SQ: Coded,
    Anisotropic: AnisotropicCodes,
}

__all__ = ["BUILT", "AnisotropicCodes", "Cells", "EveryRow", "Graph", "Shape", "Structure", "check_fit"]


def check_fit(settings: object, metric: Metric) -> None:
    """Refuse settings that are none, or that do not serve the metric.

    Raises:
        InputError: with what to take instead.
    """
    if type(settings) not in BUILT:
        names = ", ".join(f"{kind.__name__}()" for kind in BUILT)
        raise InputError("structure must be settings of an index", repr(settings), f"pass one of {names}")
    if metric is Metric.l1 and not isinstance(settings, Exact | HNSW):
        raise InputError("l1 needs Exact() or HNSW()", repr(settings), "choose one of them, or metric='l2'")
    if isinstance(settings, Anisotropic) and not metric.higher_is_nearer:
        raise InputError(
            "Anisotropic() keeps inner products", f"metric={metric.value!r}", "use PQ(), or metric='cosine'"
        )
