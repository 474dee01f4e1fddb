"""What a job was told, written down before it trains, so that it can go on after its process ended."""

import hashlib
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from pydantic import BaseModel, ConfigDict, ValidationError

from netwright.core.errors import InputError, ModelError
from netwright.core.files import write_atomically
from netwright.data import to_frame
from netwright.data.readers.text import check_file
from netwright.workbench import nets
from netwright.workbench.cut import TaskName
from netwright.workbench.job import JOB, version

CHECKPOINT = "checkpoint"
"""The folder, below that of the job, that holds what an unfinished one goes on from."""

NETS = {
    function.__name__: function for function in (nets.tabm, nets.mlp, nets.self_normalising, nets.conv_net)
}
ANEW = "put it back, or fit again without resuming"


class Fingerprint(BaseModel):
    """By what the data of a job are known.

    Args:
        named: how the caller named them.
        path: the file; None for a table in memory.
        size: bytes of the file, or rows of the table.
        sha256: of the file's bytes, or of the table's content.

    Example:
        >>> Fingerprint.of(pd.DataFrame({"x": [1, 2]})).size
        2
    """

    model_config = ConfigDict(extra="forbid")

    named: str
    path: str | None
    size: int
    sha256: str

    @classmethod
    def of(cls, data: Any) -> "Fingerprint":
        """Return that of a file or of a table in memory, without holding either twice.

        Args:
            data: a path, or what `netwright.data.to_frame` takes.

        Raises:
            TableError: when there is no such file, or it is no table.
        """
        if not isinstance(data, (str, Path)):
            frame = to_frame(data)
            return cls(named="a table in memory", path=None, size=len(frame), sha256=_hash_table(frame))
        path = Path(data).absolute()
        check_file(path)
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return cls(named=str(data), path=str(path), size=path.stat().st_size, sha256=digest)

    def check(self, now: "Fingerprint") -> None:
        """Raise InputError unless these are the same data.

        Args:
            now: that of the data that are there.
        """
        if (self.size, self.sha256) == (now.size, now.sha256):
            return
        unit = "rows" if self.path is None else "bytes"
        change = "another content" if self.size == now.size else f"{now.size:,} {unit}"
        where = self.path or self.named
        raise InputError(
            f"the data must be what they were when the job began: {where}, {self.size:,} {unit}",
            f"{change} in {now.path or now.named}",
            ANEW,
        )


class Call(BaseModel):
    """What `fit` was told, and with what it ran: the content of checkpoint/job.json.

    Args:
        netwright: its version.
        torch: its version.
        data: fingerprint of the table.
        out: folder of the job, as the caller wrote it.
        target: the column that is predicted; None where pictures lie in the folders of their classes.
        net: one of `NETS`, or the full name of a class or function of the caller's own.
        exclude: columns that the net does not see.
        task: as told, "auto" included.
        test_size: share of the rows that is held out.
        group: column of groups, or None.
        time: column of times, or None.
        time_limit: seconds for the whole job, or None.
        references: whether there are any.
        seed: of everything that is drawn.
        checkpoint_every: seconds between two checkpoints.
        pictures: whether the rows are pictures.
        image: the column of paths, where a table names them.
        size: height and width to which they are brought, or None.
        memory: bytes that they may take, or None.
        unreadable: what is done with files that cannot be read.
        augment: whether they are changed in training by what keeps their labels.

    Example:
        >>> Call.model_fields["task"].default
        'auto'
    """

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    netwright: str
    torch: str
    data: Fingerprint
    out: str
    target: str | None
    net: str = "tabm"
    exclude: list[str] = []
    task: TaskName = "auto"
    test_size: float = 0.2
    group: str | None = None
    time: str | None = None
    time_limit: float | None = None
    references: bool = True
    seed: int = 0
    checkpoint_every: float = 60.0
    pictures: bool = False
    image: str | None = None
    size: list[int] | None = None
    memory: int | None = None
    unreadable: Literal["raise", "skip"] = "raise"
    augment: bool = False

    @property
    def can_be_read(self) -> bool:
        """Whether this alone tells how the job goes on: its data are a file, its net is one of ours."""
        return self.data.path is not None and self.net in NETS

    def command(self, out: Path) -> str:
        """Return how the job goes on, in words for its user.

        Args:
            out: its folder.
        """
        if self.can_be_read:
            return f"netwright fit --resume {shlex.quote(str(out))}"
        return "the same call of fit, with resume=True"

    def check(self, now: Mapping[str, Any]) -> None:
        """Raise InputError where this call was told otherwise.

        Args:
            now: what is told now, by the names of the fields.
        """
        for name, value in now.items():
            kept = getattr(self, name)
            if isinstance(kept, Fingerprint):
                kept.check(value)
            elif kept != value:
                raise InputError(
                    f"{name} must be {_short(kept)}, as when the job began",
                    _short(value),
                    "leave it out, or fit again without resuming",
                )


def write_call(call: Call, out: Path) -> None:
    """Write a call to the checkpoint folder of a job.

    Args:
        call: what it was told.
        out: the job's folder.

    Raises:
        OSError: when it cannot be written.
    """
    write_atomically(out / CHECKPOINT / JOB, call.model_dump_json(indent=1))


def read_call(out: Path) -> Call:
    """Return what the unfinished job in a folder was told.

    Args:
        out: the job's folder.

    Raises:
        InputError: when there is no unfinished job.
        ModelError: when its file was changed, or another netwright or torch began it.

    Example:
        >>> read_call(Path("nowhere"))
        Traceback (most recent call last):
        netwright.core.errors.InputError: what is resumed must be a job that was cut short, got nowhere ...
    """
    path = out / CHECKPOINT / JOB
    if not path.is_file():
        expected = "what is resumed must be a job that was cut short"
        if (out / JOB).is_file():
            raise InputError(expected, f"{out}, which is finished", "there is nothing to resume")
        raise InputError(expected, f"{out} without a checkpoint", "name the --out folder of such a job")
    found: Any = None
    try:
        found = json.loads(path.read_text(encoding="utf8"))
        _check_versions(found, path)
        return Call.model_validate(found)
    except ModelError:
        raise
    except (ValueError, ValidationError, RecursionError) as error:
        raise ModelError(
            f"{path} must be as it was written", "one that is cut or changed", "fit again without resuming"
        ) from error


def net_name(model: Any) -> str:
    """Return by what a call knows its net.

    Args:
        model: an estimator, or a function that makes one.

    Example:
        >>> net_name(nets.tabm), net_name(nets.tabm("regression"))
        ('tabm', 'netwright.tabular.tabm.TabMRegressor')
    """
    if model in NETS.values():
        return str(model.__name__)
    named = model if hasattr(model, "__qualname__") else type(model)
    return f"{named.__module__}.{named.__qualname__}"


def _check_versions(found: Any, path: Path) -> None:
    for name, now in (("netwright", version()), ("torch", str(torch.__version__))):
        began = found.get(name) if isinstance(found, dict) else None
        if isinstance(began, str) and began != now:
            raise ModelError(
                f"a job must go on with the {name} that began it, to give the same bits",
                f"{name} {now}, and {began[:20]} in {path}",
                "install that version, or fit again without resuming",
            )


def _hash_table(frame: pd.DataFrame) -> str:
    """Hash names, types and values, column by column, so that the table is never copied."""
    whole = hashlib.sha256()
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place]
        whole.update(f"{name} {column.dtype}".encode())
        hashed = pd.util.hash_pandas_object(column, index=False, categorize=False)
        whole.update(np.ascontiguousarray(hashed).data)
    return whole.hexdigest()


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
