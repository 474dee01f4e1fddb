"""State of programs on disk: nested plain values and tensors in one safetensors file that never runs code."""

import hashlib
import json
import math
import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from netwright.core.errors import ModelError
from netwright.core.files import atomic_path

STATE_VERSION = 1


def write_state(path: Path, state: Any) -> None:
    """Write a state to one file, whole or not at all.

    Args:
        path: the file; what stood there stays until the new one is complete.
        state: None, booleans, numbers, texts, bytes, tensors, and lists, tuples, dictionaries and counters of
            them, nested as you like.

    Raises:
        TypeError: when there is something else in it.
        OSError: when the file cannot be written.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "run.state"
        >>> write_state(file, {"step": 3, 7: (torch.ones(2), math.inf)})
        >>> read_state(file)
        {'step': 3, 7: (tensor([1., 1.]), inf)}
    """
    tensors: dict[str, Tensor] = {}
    document = json.dumps(_encode(state, tensors, "state"), separators=(",", ":"), allow_nan=False)
    metadata = {
        "format": "netwright state",
        "version": str(STATE_VERSION),
        "document": document,
        "fingerprint": _fingerprint(document, tensors),
    }
    with atomic_path(path) as beside:
        try:
            safetensors.torch.save_file(tensors, beside, metadata)
        except safetensors.SafetensorError as error:
            raise _of_system(error, path) from error


def read_state(path: Path) -> Any:
    """Read what `write_state` wrote, on the processor.

    Args:
        path: the file.

    Raises:
        ModelError: when it is no such file, of a newer version, or cut or changed.
        OSError: when it cannot be read.

    Example:
        >>> read_state(Path("nowhere"))
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'nowhere'
    """
    path.open("rb").close()
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dictionary)
    except safetensors.SafetensorError as error:
        raise _damaged(path, "cut or changed") from error
    if metadata.get("format") != "netwright state":
        raise _damaged(path, "of another kind")
    if metadata.get("version") != str(STATE_VERSION):
        raise _damaged(
            path, f"of version {metadata.get('version', '?')[:10]}, which this netwright does not know"
        )
    if metadata.get("fingerprint") != _fingerprint(metadata.get("document", ""), tensors):
        raise _damaged(path, "cut or changed")
    return _decode(json.loads(metadata["document"]), tensors)


def copy_state(state: Any) -> Any:
    """Return the state with every tensor copied to the processor, so that it can be written later.

    Args:
        state: as in `write_state`.

    Example:
        >>> weights = torch.zeros(1)
        >>> copied = copy_state({"weights": weights})
        >>> weights += 1
        >>> copied
        {'weights': tensor([0.])}
    """
    if isinstance(state, Tensor):
        return state.detach().to("cpu", copy=True)
    if isinstance(state, Counter):
        return Counter(state)
    if isinstance(state, dict):
        return {name: copy_state(value) for name, value in state.items()}
    if isinstance(state, (list, tuple)):
        return type(state)(copy_state(value) for value in state)
    return state


def _encode(value: Any, tensors: dict[str, Tensor], name: str) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, Tensor):
        tensors[name] = value.detach().cpu().contiguous()
        return {"tensor": name}
    if isinstance(value, dict):
        kind = "counter" if isinstance(value, Counter) else "dict"
        pairs = enumerate(value.items())
        return {kind: [[_encode(k, tensors, ""), _encode(v, tensors, f"{name}.{i}")] for i, (k, v) in pairs]}
    if isinstance(value, (list, tuple)):
        entries = [_encode(entry, tensors, f"{name}.{i}") for i, entry in enumerate(value)]
        return entries if isinstance(value, list) else {"tuple": entries}
    raise TypeError(f"a state holds plain values and tensors, not {type(value).__name__} (at {name})")


def _decode(value: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, list):
        return [_decode(entry, tensors) for entry in value]
    if not isinstance(value, dict):
        return value
    ((kind, held),) = value.items()
    if kind in ("dict", "counter"):
        pairs = {_decode(key, tensors): _decode(entry, tensors) for key, entry in held}
        return Counter(pairs) if kind == "counter" else pairs
    if kind == "tuple":
        return tuple(_decode(entry, tensors) for entry in held)
    simple: dict[str, Callable[[Any], Any]] = {
        "float": float,
        "bytes": bytes.fromhex,
        "tensor": tensors.__getitem__,
    }
    return simple[kind](held)


def _fingerprint(document: str, tensors: dict[str, Tensor]) -> str:
    whole = hashlib.sha256(document.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        whole.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        whole.update(tensor.flatten().view(torch.uint8).numpy().data if tensor.numel() else b"")
    return whole.hexdigest()


def _of_system(error: Exception, path: Path) -> OSError:
    """What the system answered: safetensors hands its errors on as words, such as "(os error 28)"."""
    number = re.search(r"os error (\d+)", str(error))
    if number is None:
        return OSError(str(error))
    return OSError(int(number[1]), os.strerror(int(number[1])), str(path))


def _damaged(path: Path, what: str) -> ModelError:
    return ModelError(
        "the checkpoint must be as it was written", f"{path}, {what}", "name another, or start again"
    )
