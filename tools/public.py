"""What netwright offers in public: the walk that the checks of budgets and compendium share."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

NOT_OFFERED = {"netwright.__main__", "netwright.cli"}  # the command line is used by typing, not by importing


def public_objects() -> dict[str, Any]:
    """Public path -> class or function, for all rooms."""
    package = importlib.import_module("netwright")
    rooms = (f"netwright.{module.name}" for module in pkgutil.iter_modules(package.__path__))
    return {path: obj for room in rooms if room not in NOT_OFFERED for path, obj in objects_of(room)}


def objects_of(name: str) -> Iterator[tuple[str, Any]]:
    """The public objects of one module: what `__all__` lists, else what it defines and what lies below it."""
    module = importlib.import_module(name)
    listed = getattr(module, "__all__", None)
    if listed is None:
        listed = [*defined_in(module), *modules_below(module)]
    for short in listed:
        path = f"{name}.{short}"
        obj = getattr(module, short) if hasattr(module, short) else importlib.import_module(path)
        if inspect.ismodule(obj):
            yield from objects_of(path)
        elif inspect.isclass(obj) or inspect.isfunction(obj):
            yield path, obj


def defined_in(module: ModuleType) -> list[str]:
    """Names of the classes and functions that a module defines itself, without a leading underscore."""
    return [
        name
        for name, obj in vars(module).items()
        if not name.startswith("_") and getattr(obj, "__module__", None) == module.__name__
    ]


def modules_below(module: ModuleType) -> list[str]:
    """Names of the public modules in a package; none for a plain module."""
    found = pkgutil.iter_modules(getattr(module, "__path__", []))
    return [below.name for below in found if not below.name.startswith("_")]
