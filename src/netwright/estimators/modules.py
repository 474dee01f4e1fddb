"""Networks as data: their classes by name, their settings as plain values, their weights as tensors.

A network is put together again from its parts, without calling what built it: so one that a user has composed
or changed can be written too, as long as every part is torch's or netwright's.
"""

import importlib
import types
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netwright.core.errors import ModelError
from netwright.estimators.known import cannot_be_written, computes, name_of_class, not_known, own_object

HOME = "torch.nn.modules."
FUNCTIONS = "torch.nn.functional"
EVERY = frozenset(vars(nn.Module()))
"""What every module keeps: its parts, which are written one by one, and its hooks, which are refused."""

CACHES = ("_flat_weights", "_flat_weight_refs")
"""What recurrent layers of torch make anew from their weights."""


class Writes(Protocol):
    """Collects the tensors of what is written, see `codec.Encoder`.

    Example:
        >>> from netwright.estimators.codec import Encoder
        >>> Encoder().places
        {}
    """

    tensors: dict[str, Tensor]
    places: dict[int, str]

    def tree(self, value: Any, place: str) -> Any:
        """Return the JSON form of a value.

        Args:
            value: what is to be written.
            place: where it stands.
        """


class Reads(Protocol):
    """Gives the tensors of what is read, see `codec.Decoder`.

    Example:
        >>> from netwright.estimators.codec import Decoder
        >>> Decoder({}, {}).built
        {}
    """

    tensors: dict[str, Tensor]
    built: dict[str, Any]

    def value(self, tree: Any) -> Any:
        """Return the value of a JSON form.

        Args:
            tree: what was written.
        """


def write_module(encoder: Writes, module: nn.Module, place: str) -> Any:
    """Return the JSON form of a network or of one of its parts; its weights gather in the encoder.

    Args:
        encoder: what collects.
        module: the part.
        place: where it stands, for messages and as the name of its tensors.

    Raises:
        ModelError: when a part is neither torch's nor netwright's, has hooks, or keeps what is no data.

    Example:
        >>> from netwright.estimators.codec import Decoder, Encoder
        >>> encoder = Encoder()
        >>> tree = write_module(encoder, nn.Sequential(nn.Linear(2, 3), nn.ReLU()), "network")
        >>> sorted(encoder.tensors)
        ['network.0.bias', 'network.0.weight']
        >>> read_module(Decoder(encoder.tensors, {}), tree)[0]
        Linear(in_features=2, out_features=3, bias=True)
    """
    if id(module) in encoder.places:
        return {"$same": encoder.places[id(module)]}
    encoder.places[id(module)] = place
    name = _name_of(type(module), place)
    if hooks := [kept for kept in EVERY if kept.endswith("hooks") and getattr(module, kept)]:
        raise cannot_be_written(place, f"a {type(module).__name__} with {hooks[0].strip('_')}")
    own = {key: kept for key, kept in vars(module).items() if key not in EVERY and key not in CACHES}
    passing = module._non_persistent_buffers_set
    return {
        "$network": name,
        "place": place,
        "training": module.training,
        "own": {key: _write_value(encoder, kept, f"{place}.{key}") for key, kept in own.items()},
        "parameters": {
            key: _write_tensor(encoder, kept, f"{place}.{key}") for key, kept in module._parameters.items()
        },
        "buffers": {
            key: [_write_tensor(encoder, kept, f"{place}.{key}"), key not in passing]
            for key, kept in module._buffers.items()
        },
        "modules": {
            key: None if part is None else write_module(encoder, part, f"{place}.{key}")
            for key, part in module._modules.items()
        },
    }


def read_module(decoder: Reads, tree: Any) -> nn.Module:
    """Return the network or part that was written.

    Args:
        decoder: gives the tensors.
        tree: what `write_module` returned.

    Raises:
        ModelError: when it names a class that may not be built.
    """
    kind = _class_of(tree["$network"])
    module = kind.__new__(kind)
    nn.Module.__init__(module)
    decoder.built[tree["place"]] = module
    module.training = bool(tree["training"])
    for key, kept in tree["own"].items():
        if key in EVERY or key.startswith("__") or hasattr(nn.Module, key):
            raise not_known(key)
        module.__dict__[key] = _read_value(decoder, kept)
    for key, kept in tree["parameters"].items():
        module._parameters[key] = _read_tensor(decoder, kept, as_parameter=True)  # type: ignore[assignment]
    for key, (kept, persistent) in tree["buffers"].items():
        module._buffers[key] = _read_tensor(decoder, kept, as_parameter=False)
        module._non_persistent_buffers_set.update([] if persistent else [key])
    for key, kept in tree["modules"].items():
        module._modules[key] = _read_part(decoder, key, kept)
    if isinstance(module, nn.RNNBase):
        module._init_flat_weights()
    return module


def _read_part(decoder: Reads, key: str, tree: Any) -> nn.Module | None:
    part = None if tree is None else decoder.value(tree)
    if not isinstance(part, nn.Module | None):
        raise not_known(key)
    return part


def _write_tensor(encoder: Writes, tensor: Tensor | None, place: str) -> Any:
    if tensor is None:
        return None
    known = encoder.places.setdefault(id(tensor), place)
    if known == place:
        encoder.tensors[place] = tensor.detach()
    last = tensor.ndim == 4 and not tensor.is_contiguous()
    return {"at": known, "moves": tensor.requires_grad, "channels_last": last}


def _read_tensor(decoder: Reads, tree: Any, *, as_parameter: bool) -> Tensor | None:
    if tree is None:
        return None
    if tree["at"] not in decoder.built:
        tensor = decoder.tensors[tree["at"]]
        if tree["channels_last"]:
            tensor = tensor.contiguous(memory_format=torch.channels_last)
        decoder.built[tree["at"]] = nn.Parameter(tensor, tree["moves"]) if as_parameter else tensor
    found: Tensor = decoder.built[tree["at"]]
    return found


def _write_value(encoder: Writes, value: Any, place: str) -> Any:
    if isinstance(value, torch.dtype):
        return {"$dtype": str(value).removeprefix("torch.")}
    if isinstance(value, torch.Size):
        return encoder.tree(tuple(value), place)
    if isinstance(value, tuple) and hasattr(value, "_fields"):  # it would come back without its names
        raise cannot_be_written(place, f"a {type(value).__name__}")
    is_function = isinstance(value, types.FunctionType | types.BuiltinFunctionType)
    if is_function and _functional(value.__name__) is value:
        return {"$function": f"{FUNCTIONS}:{value.__name__}"}
    return encoder.tree(value, place)


def _read_value(decoder: Reads, tree: Any) -> Any:
    kind = next(iter(tree)) if isinstance(tree, dict) and tree else ""
    if kind == "$dtype":
        found = getattr(torch, tree["$dtype"], None)
        if not isinstance(found, torch.dtype):
            raise not_known(tree["$dtype"])
        return found
    if kind == "$function" and tree["$function"].startswith(f"{FUNCTIONS}:"):
        function = _functional(tree["$function"].partition(":")[2])
        if function is None:
            raise not_known(tree["$function"])
        return function
    return decoder.value(tree)


def _functional(name: str) -> Any:
    """The function of torch's that computes what layers do, or None."""
    found = vars(F).get(name)
    is_own = getattr(found, "__module__", None) in (FUNCTIONS, "torch._C._nn") and not name.startswith("_")
    return found if is_own and isinstance(found, types.FunctionType | types.BuiltinFunctionType) else None


def _name_of(kind: type, place: str) -> str:
    if kind.__module__.startswith(HOME) and kind.__qualname__ in vars(
        importlib.import_module(kind.__module__)
    ):
        return f"{kind.__module__}:{kind.__qualname__}"
    return name_of_class(kind, place)


def _class_of(name: str) -> type[nn.Module]:
    module, _, qualified = name.partition(":")
    found: Any = None
    if computes(module):
        found = own_object(name, type)
    elif module.startswith(HOME):
        try:
            found = vars(importlib.import_module(module)).get(qualified)
        except ImportError:
            raise not_known(name) from None
    if not (isinstance(found, type) and issubclass(found, nn.Module) and found.__module__ == module):
        raise not_known(name)
    return found


def holds_network(estimator: Any) -> bool:
    """Return whether an object has a network of its own, fitted or given.

    Args:
        estimator: any.

    Example:
        >>> holds_network(nn.Linear(1, 1))
        False
    """
    return any(isinstance(getattr(estimator, name, None), nn.Module) for name in ("network_", "network"))


def check_network(value: Any) -> None:
    """Raise ModelError unless an object that was read has a network.

    Args:
        value: any.
    """
    if not holds_network(value):
        raise ModelError("the model must be an estimator", type(value).__name__, "save it again")
