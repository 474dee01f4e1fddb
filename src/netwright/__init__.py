"""Netwright: deep nets for working data scientists.

Each room of the library opens on first touch, so that importing the package costs nothing:

    >>> import netwright
    >>> netwright.tabular.MLPClassifier.__name__
    'MLPClassifier'
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netwright import (
        compendium,
        contracts,
        core,
        data,
        doctor,
        embeddings,
        estimators,
        explain,
        layers,
        losses,
        metrics,
        nets,
        optim,
        report,
        search,
        sequence,
        tabular,
        text,
        training,
        uncertainty,
        vision,
        workbench,
    )

__version__ = "0.1.0"

__all__ = [
    "compendium",
    "contracts",
    "core",
    "data",
    "doctor",
    "embeddings",
    "estimators",
    "explain",
    "layers",
    "losses",
    "metrics",
    "nets",
    "optim",
    "report",
    "search",
    "sequence",
    "tabular",
    "text",
    "training",
    "uncertainty",
    "vision",
    "workbench",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return importlib.import_module(f"netwright.{name}")
    raise AttributeError(f"netwright has no room {name!r}; its rooms are {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
