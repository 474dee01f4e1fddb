"""Checkpoints of trainings in epochs: the tables on disk after each, so that a killed one goes on."""

import hashlib
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_random_state

from netwright.core.errors import CheckpointWarning
from netwright.core.files import clear_leftovers

if TYPE_CHECKING:
    from netwright.training.hogwild.engine import EpochReport

LAST = "last.safetensors"


@final
@dataclass(frozen=True)
class KeptState:
    """What a training needs to go on, and by what one of the same call is known.

    Args:
        tables: that change while it learns.
        about: plain values.

    Example:
        >>> KeptState({"vectors": np.zeros((2, 3))}, {"epochs": 5}).about
        {'epochs': 5}
    """

    tables: dict[str, NDArray[Any]]
    about: dict[str, Any]


@final
@dataclass(frozen=True)
class EpochCheckpoint:
    """Keeps a training of word vectors on disk after each epoch, so that it goes on when it is asked again.

    Give it as `callback` to an estimator of words or documents, and fit again in the same way after a crash:
    the epochs that are done are read, not repeated. With `random_state`, on one thread, the end is the same
    to the last bit as without the crash; without it, the seed too is read. The state is one file,
    `last.safetensors`, which holds the tables, the settings, a fingerprint of the corpus and the reports; it
    is replaced as a whole. A training that is finished is read alike, and not repeated.

    When it cannot be written, a CheckpointWarning says so, the one before it stays, and the training goes on.

    Args:
        folder: made where it is lacking.
        then: a callback of your own, called after the epoch was written and not again for an epoch that was
            read; if it returns True, the training ends.

    Raises:
        ModelError: in the fit, when the folder holds a checkpoint of other settings or another corpus, or a
            damaged one.

    Example:
        >>> import tempfile
        >>> from netwright.embeddings import SkipGram
        >>> texts, kept = ["cats and dogs are pets"] * 50, EpochCheckpoint(tempfile.mkdtemp())
        >>> model = SkipGram(width=4, min_count=1, epochs=2, callback=kept, random_state=0)
        >>> first = model.fit(texts).vectors_.vectors.copy()
        >>> bool((model.fit(texts).vectors_.vectors == first).all()), len(model.history_)
        (True, 2)
    """

    folder: str | Path
    then: "Callable[[EpochReport], object] | None" = None

    def __call__(self, report: "EpochReport") -> object:
        """Hand the report on to `then`, whose answer counts."""
        return self.then(report) if self.then is not None else None

    @property
    def path(self) -> Path:
        """Where the state is."""
        return Path(self.folder) / LAST

    def read(self) -> dict[str, Any] | None:
        """Return the state, or None where there is none.

        Raises:
            ModelError: when it is damaged.
        """
        from netwright.core.state import read_state

        if not self.path.exists():
            return None
        state: dict[str, Any] = read_state(self.path)
        return state

    def restore(self, kept: KeptState) -> tuple[list[list[Any]], bool]:
        """Fill the tables with those on disk; returns the values of the reports, and whether all is done.

        Args:
            kept: of the training that begins; its tables are changed in place.

        Raises:
            ModelError: when the state on disk is that of another call.
        """
        from netwright.training.resume import check_same

        clear_leftovers(self.path)
        state = self.read()
        if state is None:
            return [], False
        check_same(state["about"], kept.about)
        for name, table in kept.tables.items():
            table[...] = state["tables"][name].numpy()
        return state["reports"], state["finished"]

    def write(self, kept: KeptState, reports: list[list[Any]], *, finished: bool) -> None:
        """Write the state, whole or not at all.

        Args:
            kept: after an epoch.
            reports: the values of each.
            finished: whether nothing comes after it.
        """
        import torch

        from netwright.core.state import write_state

        tables = {name: torch.from_numpy(table) for name, table in kept.tables.items()}
        try:
            write_state(
                self.path, {"about": kept.about, "reports": reports, "finished": finished, "tables": tables}
            )
        except OSError as error:
            warnings.warn(
                f"the checkpoint in {self.folder} could not be written ({error.strerror or error}); the one "
                "before it stays, and the training goes on: make room, or name another folder",
                CheckpointWarning,
                stacklevel=2,
            )


def kept_state(
    model: Any, corpus: Iterable[Any], tables: dict[str, NDArray[Any]], *, n_threads: int, seed: int
) -> KeptState | None:
    """Return what is kept of the training of an estimator; None where its callback is no checkpoint.

    Args:
        model: an estimator of scikit-learn.
        corpus: what it learns from: arrays, and lists of texts.
        tables: that it changes.
        n_threads: that learn.
        seed: of all random numbers, as `seed_of` gave it.
    """
    if not isinstance(model.callback, EpochCheckpoint):
        return None
    said = model.get_params(deep=False)
    settings = {
        name: repr(said[name]) for name in sorted(said.keys() - {"callback", "random_state", "n_threads"})
    }
    known = {"estimator": type(model).__name__, "corpus": _fingerprint(corpus)}
    return KeptState(tables, known | settings | {"threads": n_threads, "seed": seed})


def seed_of(model: Any) -> int:
    """Return the seed of a fit: drawn from `random_state`, or, where there is none, that of its checkpoint.

    Args:
        model: with `random_state`, and perhaps `callback`.
    """
    drawn = int(check_random_state(model.random_state).randint(2**31 - 2))
    callback = getattr(model, "callback", None)
    if model.random_state is not None or not isinstance(callback, EpochCheckpoint):
        return drawn
    state = callback.read()
    return drawn if state is None else int(state["about"]["seed"])


def _fingerprint(corpus: Iterable[Any]) -> str:
    whole = hashlib.sha256()
    for part in corpus:
        data = np.ascontiguousarray(part).data if isinstance(part, np.ndarray) else "\0".join(part).encode()
        whole.update(f"{len(part)} ".encode())
        whole.update(data)
    return whole.hexdigest()
