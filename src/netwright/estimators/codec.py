"""Turns fitted state into plain JSON, tensors and skops files, and back, without running code from a file.

What can be written: plain values, arrays, tensors, netwright's own dataclasses and estimators that are
dataclasses, classes of torch, networks made of torch's and netwright's layers, vocabularies, and fitted
scikit-learn objects. Everything else is refused by name.
"""

import dataclasses
import functools
import math
import types
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import skops.io
import torch
from sklearn.base import BaseEstimator
from torch import Tensor

from netwright.core.errors import ModelError
from netwright.data import Vocabulary
from netwright.estimators.known import (
    cannot_be_written,
    computes,
    known_function,
    module_class,
    name_of_class,
    not_known,
    own_object,
    torch_class,
)
from netwright.estimators.modules import read_module, write_module


class Encoder:
    """Collects one object's state: `tree` returns the JSON part, arrays and skops files gather beside it."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.files: dict[str, bytes] = {}
        self.places: dict[int, str] = {}

    def tree(self, value: Any, place: str) -> Any:
        """Return the JSON form of a value.

        Args:
            value: what is to be written.
            place: where it stands, for messages and as the name of its tensors.
        """
        if value is None or (isinstance(value, (bool, int, str)) and not isinstance(value, np.generic)):
            return value
        if isinstance(value, (float, np.generic)):
            return self._number(value, place)
        if isinstance(value, (list, tuple, dict)):
            return self._container(value, place)
        if isinstance(value, (Tensor, np.ndarray)):
            return self._array(value, place)
        return self._object(value, place)

    def _number(self, value: Any, place: str) -> Any:
        if isinstance(value, np.generic):
            return {"$scalar": self.tree(np.asarray(value), place)}
        return value if math.isfinite(value) else {"$float": str(value)}

    def _container(self, value: Any, place: str) -> Any:
        if isinstance(value, dict):
            pairs = [[self.tree(k, place), self.tree(v, f"{place}.{k}")] for k, v in value.items()]
            return {"$dict": pairs}
        parts = [self.tree(part, f"{place}.{number}") for number, part in enumerate(value)]
        return {"$tuple": parts} if isinstance(value, tuple) else parts

    def _array(self, value: Any, place: str) -> Any:
        if isinstance(value, Tensor):
            self.tensors[place] = value
            return {"$tensor": place}
        if value.dtype.kind in "OUST":
            return {"$array": [self.tree(part, place) for part in value.ravel().tolist()], **_form(value)}
        if value.dtype.kind in "mM":
            self.tensors[place] = torch.from_numpy(value.view(np.int64).copy())
        else:
            self.tensors[place] = torch.from_numpy(np.ascontiguousarray(value).reshape(value.shape).copy())
        return {"$array": {"$tensor": place}, **_form(value)}

    def _object(self, value: Any, place: str) -> Any:
        if isinstance(value, types.FunctionType) and computes(value.__module__):
            return {"$function": f"{value.__module__}:{value.__qualname__}"}
        if isinstance(value, type):
            return {"$class": name_of_class(value, place)}
        if isinstance(value, functools.partial) and not value.args:
            return {"$partial": self.tree(value.func, place), "with": self.tree(value.keywords, place)}
        if isinstance(value, torch.nn.Module):
            return write_module(self, value, place)
        if isinstance(value, Vocabulary):
            return {"$vocabulary": value.words, "counts": self._array(value.counts, f"{place}.counts")}
        own = type(value).__module__.startswith("netwright.") or isinstance(value, BaseEstimator)
        if dataclasses.is_dataclass(value) and own:  # or the user's: `load` asks for it by `classes=`
            return self._dataclass(value, place)
        if isinstance(value, BaseEstimator) and type(value).__module__.startswith("sklearn."):
            name = f"{place}.skops"
            self.files[name] = skops.io.dumps(value)
            return {"$skops": name}
        raise cannot_be_written(place, f"an object of {type(value).__module__}.{type(value).__qualname__}")

    def _dataclass(self, value: Any, place: str) -> Any:
        fields = {f.name for f in dataclasses.fields(value) if f.init and f.metadata.get("saved", True)}
        given = {name: self.tree(getattr(value, name), f"{place}.{name}") for name in sorted(fields)}
        fitted = {
            name: self.tree(kept, f"{place}.{name}")
            for name, kept in sorted(vars(value).items())
            if name not in fields and name.endswith("_") and not name.endswith("__")
        }
        kind = type(value)
        return {"$object": f"{kind.__module__}:{kind.__qualname__}", "fields": given, "fitted": fitted}


class Decoder:
    """Rebuilds what `Encoder` wrote.

    Args:
        tensors: by name.
        files: the bytes of skops files, by name.
        classes: further classes that may be built, beside netwright's own.
    """

    def __init__(
        self, tensors: dict[str, Tensor], files: dict[str, bytes], classes: Iterable[type] = ()
    ) -> None:
        self.tensors, self.files = tensors, files
        self.built: dict[str, Any] = {}
        self.classes = {f"{kind.__module__}:{kind.__qualname__}": kind for kind in classes}

    def value(self, tree: Any) -> Any:
        """Return the value of a JSON form.

        Args:
            tree: what `Encoder.tree` returned.

        Raises:
            ModelError: when it names what may not be built, or is no such form.
        """
        try:
            return self._value(tree)
        except ModelError:
            raise
        except Exception as error:  # whatever a strange value makes constructors raise
            raise ModelError(
                "the saved model must hold what was written",
                f"a part that cannot be read ({type(error).__name__})",
                "save it again",
            ) from error

    def _value(self, tree: Any) -> Any:
        if isinstance(tree, list):
            return [self._value(part) for part in tree]
        if not isinstance(tree, dict):
            return tree
        kind = next(iter(tree))
        readers: dict[str, Callable[[], Any]] = {
            "$float": lambda: float(tree["$float"]),
            "$scalar": lambda: self._value(tree["$scalar"])[()],
            "$tuple": lambda: tuple(self._value(part) for part in tree["$tuple"]),
            "$dict": lambda: {self._value(key): self._value(kept) for key, kept in tree["$dict"]},
            "$tensor": lambda: self.tensors[tree["$tensor"]],
            "$array": lambda: self._array(tree),
            "$class": lambda: module_class(tree["$class"]),
            "$function": lambda: known_function(tree["$function"]),
            "$module": lambda: torch_class(tree["$module"])(),
            "$network": lambda: read_module(self, tree),
            "$same": lambda: self.built[tree["$same"]],
            "$vocabulary": lambda: Vocabulary(tree["$vocabulary"], self._value(tree["counts"])),
            "$partial": lambda: functools.partial(self._value(tree["$partial"]), **self._value(tree["with"])),
            "$object": lambda: self._object(tree),
            "$skops": lambda: self._skops(tree["$skops"]),
        }
        return readers[kind]()

    def _array(self, tree: dict[str, Any]) -> np.ndarray:
        values, dtype = self._value(tree["$array"]), np.dtype(tree["dtype"])
        if isinstance(values, Tensor):
            array = values.numpy()
            return array.view(dtype) if dtype.kind in "mM" else array.astype(dtype, copy=False)
        array = np.empty(len(values), dtype=object)
        array[:] = values
        return array.astype(dtype).reshape(tree["shape"])

    def _object(self, tree: dict[str, Any]) -> Any:
        kind = self._class(tree["$object"])
        built = kind(**{name: self._value(kept) for name, kept in tree["fields"].items()})
        for name, kept in tree["fitted"].items():
            if not name.endswith("_") or name.startswith("_"):
                raise KeyError(name)
            object.__setattr__(built, name, self._value(kept))
        return built

    def _class(self, name: str) -> type:
        if name in self.classes:
            return self.classes[name]
        found: type = own_object(name, type)
        if dataclasses.is_dataclass(found):
            return found
        raise not_known(name)

    def _skops(self, name: str) -> Any:
        data = self.files[name]
        try:
            foreign = skops.io.get_untrusted_types(data=data)
            if foreign:
                raise ModelError("a saved model may only hold trusted types", foreign[0], "do not trust it")
            return skops.io.loads(data, trusted=[])
        except ModelError:
            raise
        except Exception as error:  # skops raises whatever its readers meet
            raise ModelError(
                "a skops file must be whole", f"{name} that cannot be read", "save again"
            ) from error


def _form(value: np.ndarray) -> dict[str, Any]:
    kind = "object" if value.dtype.kind in "OT" else value.dtype.str
    return {"dtype": kind, "shape": list(value.shape)}
