"""FAISS where it is installed; what needs it says so where it is not."""

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.search.errors import ExtraError
from netwright.search.metric import Metric


def find_faiss() -> ModuleType | None:
    """Return FAISS, or None where it is not installed."""
    try:
        import faiss
    except ImportError:
        return None
    return faiss


def need_faiss(what: str) -> Any:
    """Return FAISS, or say how to install it."""
    faiss = find_faiss()
    if faiss is None:
        raise ExtraError(f"{what} needs FAISS", "none", "pip install 'netwright[search]', or use Exact()")
    return faiss


def faiss_metric(faiss: Any, metric: Metric) -> int:
    """Return FAISS's number of a metric; the cosine is the inner product of vectors of length one."""
    if metric.higher_is_nearer:
        return int(faiss.METRIC_INNER_PRODUCT)
    return int(faiss.METRIC_L2 if metric is Metric.l2 else faiss.METRIC_L1)


def selector(faiss: Any, allowed: NDArray[np.bool_]) -> Any:
    """Return what tells FAISS which slots may be found."""
    return faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
