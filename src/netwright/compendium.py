"""The compendium: one line for each technique that works, with its object, its source and its proof.

The lines stand in `compendium.csv` beside this file. Reading them needs nothing but the standard library, so
that the command line can search them without opening torch.
"""

import csv
import difflib
import functools
import importlib
import importlib.resources
import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One technique of the compendium.

    Args:
        id: the short name by which the technique is found.
        technique: its name in full.
        object: the public path of the class, method or function that is the technique.
        source: where the technique comes from; the object's docstring carries the same words.
        proof: the test that shows it works, as pytest names it.

    Example:
        >>> Row("brier-score", "Brier score", "netwright.metrics.brier_score", "Brier (1950)", "").room
        'metrics'
    """

    id: str
    technique: str
    object: str
    source: str
    proof: str

    @property
    def room(self) -> str:
        """The room in which the technique's object lives."""
        return self.object.split(".")[1]


@functools.cache
def rows() -> tuple[Row, ...]:
    """Every technique, in the order of the file.

    Example:
        >>> all(row.object.startswith("netwright.") for row in rows())
        True
    """
    text = (importlib.resources.files("netwright") / "compendium.csv").read_text(encoding="utf-8")
    return tuple(Row(**line) for line in csv.DictReader(text.splitlines()))


def search(words: str = "") -> list[Row]:
    """The techniques that hold every one of some words, the closest first.

    A word may stand in the id, the name, the object or the source, whole or in part; capitals and hyphens do
    not matter. A word that stands nowhere is read as the nearest one that does. Without words, all rows.

    Args:
        words: what to look for, separated by blanks.

    Example:
        >>> search("no-such-technique")
        []
        >>> len(search()) == len(rows())
        True
    """
    wanted = [_nearest(word) for word in _words(words)]
    found = [row for row in rows() if all(word in _text(row) for word in wanted)]
    return sorted(found, key=lambda row: sum(word not in _name(row) for word in wanted))


def open_object(row: Row) -> Any:
    """The class, method or function of a row, imported from its public path.

    Args:
        row: a line of the compendium.

    Raises:
        LookupError: when nothing stands at that path.

    Example:
        >>> open_object(Row("row", "a row", "netwright.compendium.Row", "", "")) is Row
        True
    """
    path = row.object.split(".")
    try:
        found: Any = importlib.import_module(path[0])
        for depth, name in enumerate(path[1:], start=2):
            if not hasattr(found, name):
                importlib.import_module(".".join(path[:depth]))
            found = getattr(found, name)
    except (ImportError, AttributeError) as error:
        raise LookupError(f"{row.id}: nothing stands at {row.object} ({error})") from error
    return found


def _words(text: str) -> list[str]:
    return re.sub(r"[\W_]+", " ", text.lower()).split()


def _name(row: Row) -> str:
    return " ".join(_words(f"{row.id} {row.technique}"))


def _text(row: Row) -> str:
    return " ".join([_name(row), *_words(f"{row.object} {row.source}")])


def _nearest(word: str) -> str:
    """The word itself where it stands in some row, else the row's word that is spelt most like it."""
    texts = [_text(row) for row in rows()]
    if any(word in text for text in texts):
        return word
    known = sorted({other for text in texts for other in text.split()})
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.8)), word)
