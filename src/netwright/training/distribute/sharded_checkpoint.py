"""Checkpoints of divided networks: each process writes its part, and any number of processes reads them."""

import secrets
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.distributed.device_mesh import init_device_mesh

from netwright.core.errors import ModelError
from netwright.core.state import copy_state, read_state, write_state
from netwright.training.distribute.shards import is_divided
from netwright.training.distribute.world import World

DOCUMENT = "state.safetensors"
MARK = "netwright: divided tensor"


def save_sharded(folder: Path, state: Any, world: World) -> None:
    """Write a state whose divided tensors are written by the processes that hold them, whole or not at all.

    Use it where `full_state` would not fit one process. The parts are safetensors files in a folder of their
    own; then the first process writes the rest and the name of that folder to one file, whose renaming is the
    moment from which the new checkpoint counts. Until then the one before it stands. All processes must call
    it, and when it fails it fails in all of them.

    Args:
        folder: which all machines see; made where it is lacking.
        state: nested plain values and tensors, as `write_state` takes them, such as the state_dicts of a
            divided network and its optimizers; the values of the first process count.
        world: the processes.

    Raises:
        OSError: when it cannot be written in one of the processes.
        TypeError: when there is something else in the state.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> save_sharded(folder, {"step": 3, "weight": torch.ones(2)}, World())
        >>> load_sharded(folder, World())
        {'step': 3, 'weight': tensor([1., 1.])}
    """
    divided: dict[str, Tensor] = {}
    rest = copy_state(_take_out(state, divided, "state"))
    parts = f"parts-{world.share(secrets.token_hex(8))}" if divided else None
    files = _write_parts(folder / parts, divided, world) if parts else {}
    problem: tuple[Any, ...] | None = None
    if world.is_first:
        problem = _commit(folder, {"parts": parts, "files": files, "state": rest})
    problem = world.share(problem)
    if problem is not None:
        raise OSError(*problem)


def load_sharded(folder: Path, world: World, device: torch.device | None = None) -> Any:
    """Read what `save_sharded` wrote, with as many processes as there are now.

    Args:
        folder: as it was given to `save_sharded`.
        world: the processes; all of them must call it.
        device: on which a network is divided among them now, so that each reads its part alone; None where
            every process wants everything.

    Raises:
        FileNotFoundError: when there is no checkpoint in the folder.
        ModelError: when it is cut or changed, or parts of it are lacking.

    Example:
        >>> load_sharded(Path("nowhere"), World())
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'nowhere/state.safetensors'
    """
    document = read_state(folder / DOCUMENT)
    divided: dict[str, Tensor] = {}
    state = _put_in(document["state"], _maker(world, device, divided))
    if divided:
        _check_parts(folder / document["parts"], document["files"])
        _read_parts(folder / document["parts"], divided, world)
    return state


def _take_out(value: Any, divided: dict[str, Tensor], name: str) -> Any:
    """Return the state with a mark in the place of each divided tensor."""
    if is_divided(value):
        divided[name] = value.detach()
        return (MARK, name, list(value.shape), str(value.dtype).removeprefix("torch."))
    if isinstance(value, dict):
        changed = {key: _take_out(entry, divided, f"{name}.{key}") for key, entry in value.items()}
        return type(value)(changed)
    if isinstance(value, (list, tuple)):
        return type(value)(_take_out(entry, divided, f"{name}.{place}") for place, entry in enumerate(value))
    return value


def _put_in(value: Any, make: Callable[[str, list[int], str], Tensor]) -> Any:
    """Return the state with a tensor, still to be filled, in the place of each mark."""
    if isinstance(value, tuple) and value[:1] == (MARK,):
        return make(*value[1:])
    if isinstance(value, dict):
        return type(value)({key: _put_in(entry, make) for key, entry in value.items()})
    if isinstance(value, (list, tuple)):
        return type(value)(_put_in(entry, make) for entry in value)
    return value


def _maker(
    world: World, device: torch.device | None, divided: dict[str, Tensor]
) -> Callable[[str, list[int], str], Tensor]:
    def make(name: str, shape: list[int], dtype: str) -> Tensor:
        kind = getattr(torch, dtype)
        if device is None or world.size == 1:
            divided[name] = torch.empty(shape, dtype=kind)
        else:
            from torch.distributed.tensor import Shard, empty

            mesh = init_device_mesh(device.type, (world.size,))
            divided[name] = empty(shape, dtype=kind, device_mesh=mesh, placements=[Shard(0)])
        return divided[name]

    return make


def _write_parts(folder: Path, divided: dict[str, Tensor], world: World) -> dict[str, int]:
    """Write this process's parts; return the sizes of the files of all processes."""
    from torch.distributed.checkpoint.api import CheckpointException
    from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageWriter
    from torch.distributed.checkpoint.state_dict_saver import save

    folder.mkdir(parents=True, exist_ok=True)
    writer = HuggingFaceStorageWriter(str(folder), save_distributed=True)
    try:
        save(_apart(divided), storage_writer=writer)
    except CheckpointException as error:
        reasons = [wrapped[0] for wrapped in error.failures.values()]
        shutil.rmtree(folder, ignore_errors=True)
        system = next((reason for reason in reasons if isinstance(reason, OSError)), None)
        if system is None:
            raise OSError(str(reasons[0])) from error
        raise OSError(system.errno, system.strerror, str(folder)) from error
    mine = folder.glob(f"shard-{world.rank + 1:05d}-*")
    everyone = world.gather_plain({file.name: file.stat().st_size for file in mine})
    return {name: size for files in everyone for name, size in files.items()}


def _apart(divided: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors with copies of those that share memory (tied weights), which no file may hold."""
    seen: set[int] = set()
    apart = {}
    for name, tensor in divided.items():
        place = tensor.to_local().data_ptr()  # type: ignore[attr-defined]
        apart[name] = tensor.clone() if place in seen else tensor
        seen.add(place)
    return apart


def _commit(folder: Path, document: dict[str, Any]) -> tuple[Any, ...] | None:
    """Make the new checkpoint the one that counts and clear the old parts away; return what went wrong."""
    try:
        if document["parts"]:
            _check_parts(folder / document["parts"], document["files"])
        write_state(folder / DOCUMENT, document)
    except ModelError:
        return (f"the folder of a checkpoint must be one that all machines see, and {folder} is not",)
    except OSError as error:
        return (error.errno, error.strerror, str(folder)) if error.errno else (str(error),)
    for other in folder.glob("parts-*"):
        if other.name != document["parts"]:
            shutil.rmtree(other, ignore_errors=True)
    return None


def _check_parts(folder: Path, files: dict[str, int]) -> None:
    found = {file.name: file.stat().st_size for file in folder.glob("*")}
    if found != files:
        wrong = sorted(name for name in {*found, *files} if found.get(name) != files.get(name))
        raise _damaged(folder, f"in which {wrong[0]} is lacking, cut or unknown")


def _read_parts(folder: Path, divided: dict[str, Tensor], world: World) -> None:
    from torch.distributed.checkpoint.api import CheckpointException
    from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader
    from torch.distributed.checkpoint.state_dict_loader import load

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.distributed is disabled")
        try:
            load(divided, storage_reader=HuggingFaceStorageReader(str(folder)), no_dist=world.size == 1)
        except CheckpointException as error:
            reason = str(next(iter(error.failures.values()))[0])
            raise _damaged(folder, f"which cannot be read ({reason[:120]})") from error


def _damaged(folder: Path, what: str) -> ModelError:
    return ModelError(
        "the parts of a checkpoint must be as they were written",
        f"{folder}, {what}",
        "copy the whole folder again, or go back to an older checkpoint",
    )
