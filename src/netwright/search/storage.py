"""Indexes in folders: each save is a folder of its own, and one small file says which of them counts.

    index.json            the plan, and name, size and fingerprint of every file
    generation-1a2b3c4d/  vectors.npy, structure.faiss, ids, alive.npy, metadata

The small file is replaced in one step after all else is on the disk, so that a process that is killed at any
moment leaves the index as it was before or as it is after.
"""

import hashlib
import json
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from netwright.core.errors import InputError
from netwright.core.files import atomic_folder, write_atomically
from netwright.search.building import Plan
from netwright.search.errors import IndexFolderError
from netwright.search.holding import Holding
from netwright.search.identities import Identities
from netwright.search.metadata import Metadata, load_metadata, write_metadata
from netwright.search.metric import read_metric
from netwright.search.settings import from_plain, to_plain
from netwright.search.structures import BUILT, Shape

FORMAT, VERSION = "netwright-index", 1
HEAD = "index.json"
LEFT_OVER = re.compile(r"generation-[0-9a-f]{8}|\.(generation-[0-9a-f]{8}|index\.json)\.\w{8}\.part")
TRIAL = re.compile(r"tmp\w{8}")
TRIES = 3
"""A reader may find that the save it was about to open has been replaced by a newer one."""


def save_whole(folder: Path, holding: Holding) -> None:
    """Write an index; what else stands in the folder is left alone."""
    if folder.exists() and not folder.is_dir():
        raise InputError("the index must go to a folder", f"the file {folder}", "name another folder")
    if (folder / HEAD).exists():
        _read_head(folder)  # raises for somebody else's file of that name
    folder.mkdir(parents=True, exist_ok=True)
    name = f"generation-{secrets.token_hex(4)}"
    with atomic_folder(folder / name) as beside:
        _write_parts(beside, holding)
        files = {file.name: _fingerprint(file) for file in sorted(beside.iterdir())}
    head = {"format": FORMAT, "version": VERSION, "generation": name, "files": files, **_plain(holding)}
    write_atomically(folder / HEAD, json.dumps(head, indent=1, allow_nan=False))
    for entry in list(folder.iterdir()):
        if entry.name != name and LEFT_OVER.fullmatch(entry.name):
            shutil.rmtree(entry, ignore_errors=True)
        elif TRIAL.fullmatch(entry.name):  # of a process that died while it tried whether it may write here
            with suppress(OSError):
                entry.rmdir()


def load_whole(folder: Path, *, memory_map: bool) -> Holding:
    """Read an index.

    Raises:
        IndexFolderError: when the folder holds none, or one that was cut or changed.
    """
    for last in (False,) * (TRIES - 1) + (True,):
        head = _read_head(folder)
        try:
            return _load(folder, head, memory_map=memory_map)
        except (OSError, IndexFolderError):
            if last or _read_head(folder)["generation"] == head["generation"]:
                raise
    raise AssertionError("unreachable")


def _load(folder: Path, head: dict[str, Any], *, memory_map: bool) -> Holding:
    place = folder / head["generation"]
    for name, known in head["files"].items():
        _check_file(folder, place / name, known, sizes_alone=memory_map)
    try:
        plan = Plan(
            read_metric(head["metric"]), from_plain(head["asked"]), head["recall"], head["random_state"]
        )
        holding = Holding(plan, _load_identities(place), Metadata(load_metadata(place)))
        holding.choices, holding.tuned_at = head["choices"], head["tuned_at"]
        settings = from_plain(head["structure"])
        if settings is not None:
            shape = Shape(plan.metric, head["width"], settings, plan.random_state)
            holding.structure = BUILT[type(settings)].read(place, shape, memory_map=memory_map)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise _damaged(folder, f"parts that cannot be read ({error})") from error
    if holding.structure is not None and len(holding.structure.vectors) != len(holding.identities.ids):
        raise _damaged(folder, "as many ids as vectors no longer")
    return holding


def _plain(holding: Holding) -> dict[str, Any]:
    plan, structure = holding.plan, holding.structure
    return {
        "metric": plan.metric.value,
        "asked": to_plain(plan.structure),
        "recall": plan.recall,
        "random_state": plan.random_state,
        "structure": None if structure is None else to_plain(structure.settings),
        "width": None if structure is None else structure.width,
        "choices": holding.choices,
        "tuned_at": holding.tuned_at,
    }


def _write_parts(folder: Path, holding: Holding) -> None:
    ids = holding.identities.ids
    if ids.dtype == object:
        (folder / "ids.json").write_text(json.dumps(ids.tolist(), ensure_ascii=False), encoding="utf-8")
    else:
        np.save(folder / "ids.npy", ids, allow_pickle=False)
    np.save(folder / "alive.npy", holding.identities.alive, allow_pickle=False)
    write_metadata(holding.metadata.frame, folder)
    if holding.structure is not None:
        holding.structure.write(folder)


def _load_identities(folder: Path) -> Identities:
    alive = np.load(folder / "alive.npy", allow_pickle=False)
    if not (folder / "ids.json").exists():
        return Identities(np.load(folder / "ids.npy", allow_pickle=False), alive)
    words = json.loads((folder / "ids.json").read_text(encoding="utf-8"))
    ids = np.empty(len(words), object)
    ids[:] = words
    return Identities(ids, alive)


def _read_head(folder: Path) -> dict[str, Any]:
    path = folder / HEAD
    if not path.is_file():
        what = f"{folder} without {HEAD}" if folder.is_dir() else f"{folder}, which is no folder"
        raise IndexFolderError("the index must be a folder that Index.save wrote", what, "name such a folder")
    try:
        head = json.loads(path.read_bytes().decode("utf-8"))
        known = head["format"] == FORMAT
    except (UnicodeDecodeError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise _damaged(folder, f"{HEAD} that is no whole document of an index") from error
    if not known:
        raise _damaged(folder, f"{HEAD} of the format {head['format']!r}")
    if head.get("version") != VERSION:
        raise IndexFolderError(
            f"the index must have format version {VERSION}",
            f"version {head.get('version')}",
            "install the netwright that wrote it",
        )
    if not re.fullmatch(r"generation-[0-9a-f]{8}", str(head.get("generation"))) or not isinstance(
        head.get("files"), dict
    ):
        raise _damaged(folder, f"{HEAD} that lacks its files")
    return dict(head)


def _check_file(folder: Path, file: Path, known: dict[str, Any], *, sizes_alone: bool) -> None:
    if file.name in (".", "..") or file.parent.parent != folder or file.is_symlink() or not file.is_file():
        raise _damaged(folder, f"no file {file.name}")
    if file.stat().st_size != known["bytes"]:
        raise _damaged(folder, f"{file.name} that was cut or changed")
    if not sizes_alone and _fingerprint(file) != known:
        raise _damaged(folder, f"{file.name} that was changed")


def _fingerprint(file: Path) -> dict[str, Any]:
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {"bytes": file.stat().st_size, "sha256": digest}


def _damaged(folder: Path, what: str) -> IndexFolderError:
    return IndexFolderError("the index must be as it was saved", f"{folder} with {what}", "save it again")
