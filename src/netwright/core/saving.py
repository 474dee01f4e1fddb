"""Archives: a folder of JSON and tensors that is checked when it is read and never runs code.

An archive holds `estimator.json` (plain values, and the fingerprints of these and of every other file),
`tensors.safetensors`, and files whose content the caller understands. A cut, changed or added file is
refused with a sentence.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from netwright.core.errors import ModelError
from netwright.core.files import atomic_folder

FORMAT_VERSION = 1
DOCUMENT = "estimator.json"
TENSORS = "tensors.safetensors"


@dataclass(frozen=True)
class Archive:
    """What a saved folder holds.

    Args:
        document: plain JSON values.
        tensors: tensors by name.
        files: the bytes of further files by name.

    Example:
        >>> Archive(document={"kind": "toy"}).tensors
        {}
    """

    document: dict[str, Any]
    tensors: dict[str, Tensor] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


def write_archive(archive: Archive, folder: Path) -> None:
    """Write the archive to `folder`, whole or not at all.

    Args:
        archive: what to write; its document must be plain JSON values.
        folder: new, empty, or holding an earlier archive, which is replaced.

    Raises:
        InputError: when the folder holds other things.
        OSError: when it cannot be written.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()) / "toy"
        >>> write_archive(Archive({"kind": "toy"}), folder)
        >>> read_archive(folder).document
        {'kind': 'toy'}
    """
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in archive.tensors.items()}
    files = {TENSORS: safetensors.torch.save(contiguous), **archive.files}
    head = {
        "format": "netwright",
        "version": FORMAT_VERSION,
        "files": {name: _fingerprint(data) for name, data in files.items()},
        "document_fingerprint": _fingerprint(_canonical(archive.document)),
        "document": archive.document,
    }
    with atomic_folder(folder, marker=DOCUMENT) as beside:
        for name, data in files.items():
            (beside / name).write_bytes(data)
        (beside / DOCUMENT).write_text(json.dumps(head, indent=1, allow_nan=False), encoding="utf8")


def read_archive(folder: Path) -> Archive:
    """Read an archive, refusing whatever is not exactly what was written.

    Args:
        folder: a folder written by `write_archive`.

    Raises:
        ModelError: when it is no archive, was written by a newer format, or a file in it is lacking, cut,
            changed or unknown.

    Example:
        >>> read_archive(Path("nowhere"))
        Traceback (most recent call last):
        netwright.core.errors.ModelError: the model must be a folder written by netwright, got nowhere, ...
    """
    head = _read_head(folder)
    listed: dict[str, Any] = head["files"]
    for entry in sorted(folder.iterdir()):
        if entry.name != DOCUMENT and entry.name not in listed:
            raise ModelError(
                "the model folder must hold only what was saved",
                f"the unknown file {entry.name!r} in {folder}",
                "remove it; netwright never opens such a file",
            )
    files = {name: _read_listed(folder, name, fingerprint) for name, fingerprint in listed.items()}
    try:
        tensors = safetensors.torch.load(files.pop(TENSORS))
    except (safetensors.SafetensorError, KeyError) as error:
        raise _damaged(folder, f"{TENSORS} that is no safetensors file") from error
    return Archive(head["document"], tensors, files)


def _read_head(folder: Path) -> dict[str, Any]:
    path = folder / DOCUMENT
    if not path.is_file():
        what = f"without {DOCUMENT}" if folder.is_dir() else "which is no folder"
        raise ModelError(
            "the model must be a folder written by netwright",
            f"{folder}, {what}",
            "name the folder that `netwright fit` or `save` wrote",
        )
    if path.is_symlink():
        raise _damaged(folder, f"{DOCUMENT} that is a link to elsewhere")
    try:
        head = json.loads(path.read_bytes().decode("utf8"))
        fingerprint = _fingerprint(_canonical(head["document"])) if "document" in head else None
    except (UnicodeDecodeError, ValueError, TypeError, RecursionError) as error:
        raise _damaged(folder, f"{DOCUMENT} that is no whole JSON document") from error
    if not isinstance(head, dict) or head.get("format") != "netwright":
        raise _damaged(folder, f"{DOCUMENT} that does not name the format 'netwright'")
    version = head.get("version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise ModelError(
            f"the model must have format version {FORMAT_VERSION} or older",
            f"version {version} in {folder}",
            "install the newer netwright that wrote it: pip install -U netwright",
        )
    if version != FORMAT_VERSION or not isinstance(head.get("files"), dict) or "document" not in head:
        raise _damaged(folder, f"{DOCUMENT} that lacks its version, files or document")
    if fingerprint != head.get("document_fingerprint"):
        raise _damaged(folder, f"{DOCUMENT} that was changed since it was saved")
    return head


def _read_listed(folder: Path, name: str, fingerprint: object) -> bytes:
    if Path(name).name != name:
        raise _damaged(folder, f"the file name {name!r} that leads out of the folder")
    path = folder / name
    if path.is_symlink() or not path.is_file():
        raise _damaged(folder, f"no file {name}")
    data = path.read_bytes()
    if _fingerprint(data) != fingerprint:
        raise _damaged(folder, f"{name} that is cut or changed since it was saved")
    return data


def _canonical(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _fingerprint(data: bytes) -> dict[str, Any]:
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _damaged(folder: Path, what: str) -> ModelError:
    return ModelError(
        "the model folder must be as it was saved", f"{folder} with {what}", "copy or save it again"
    )
