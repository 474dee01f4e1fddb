"""Word cycles: from a word to its like on one side of a direction, then on the other, until it circles."""

from dataclasses import dataclass
from typing import Any, Protocol, final

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError
from netwright.data import Vocabulary

CELLS = 1 << 24
"""Similarities that are held at once."""


class WordSpace(Protocol):
    """Words with a vector each, such as `netwright.embeddings.WordVectors`.

    Example:
        >>> from types import SimpleNamespace
        >>> space: WordSpace = SimpleNamespace(words=["he", "she"], vectors=np.eye(2, dtype=np.float32))
    """

    @property
    def words(self) -> list[str]:
        """One a row."""

    @property
    def vectors(self) -> NDArray[np.float32]:
        """(words, width)."""


@final
@dataclass(frozen=True)
class WordCycle:
    """Where a word goes.

    Args:
        path: the word, its like on the first side, that one's like on the second, and so on, until a word
            comes on the same side again.
        cycle: the two words that it ends with, the one of the first side first; empty where a word had no
            like near enough.

    Example:
        >>> WordCycle(("gentle", "chatty", "talkative", "chatty"), ("chatty", "talkative")).cycle
        ('chatty', 'talkative')
    """

    path: tuple[str, ...]
    cycle: tuple[str, ...]


def word_cycle(
    space: WordSpace, word: str, poles: tuple[str, str] = ("he", "she"), n_neighbours: int | None = None
) -> WordCycle:
    """Go from a word to the nearest one that is closer to the first pole, from there to the second, and on.

    Use it to see what a direction such as gender does to words: "mascify" and "femify" a word in turns. The
    similarity of each step is at least that of the step before, so that it always ends in two words that are
    each other's nearest across the direction, such as furious and livid.

        step to the first pole: argmax over x != w of cos(x, w) where cos(x, first) > cos(x, second)

    Args:
        space: words and vectors.
        word: where to begin.
        poles: the two words whose similarities say which side a word is on.
        n_neighbours: a like is looked for among so many nearest words; None among all.

    Raises:
        InputError: when no word but those given is on a side.
        UnknownWordError: names unknown words, and those of a like spelling.

    Example:
        >>> from types import SimpleNamespace
        >>> rows = np.array([[1, 0, 0], [-1, 0, 0], [0.5, 1, 0], [-0.5, 1, 0.1], [0.4, -1, 0]])
        >>> space = SimpleNamespace(words=["he", "she", "livid", "furious", "calm"], vectors=rows)
        >>> word_cycle(space, "furious").path
        ('furious', 'livid', 'furious')

    Source:
        Ellenberg (2016), "Gendercycle: a dynamical system on words", Quomodocumque,
        https://quomodocumque.wordpress.com/2016/01/15/gendercycle-a-dynamical-system-on-words/.
    """
    units, sides = _sides(space, poles)
    known = Vocabulary(space.words)
    at = int(known.ids([word])[0])
    rows, seen, side = [at], set[tuple[int, int]](), 0
    while (at, side) not in seen:
        seen.add((at, side))
        like = int(_likes(units, np.array([at]), sides == side, n_neighbours)[0])
        if like < 0:
            return WordCycle(tuple(space.words[row] for row in rows), ())
        rows.append(like)
        at, side = like, 1 - side
    ends = rows[-2:] if side == 0 else rows[-3:-1]
    return WordCycle(tuple(space.words[row] for row in rows), tuple(space.words[row] for row in ends))


def word_cycles(
    space: WordSpace, poles: tuple[str, str] = ("he", "she"), n_neighbours: int | None = None
) -> list[tuple[str, str]]:
    """Return all pairs of words that `word_cycle` can end in, the most alike first.

    Use it to read what a direction does to a whole vocabulary: each is a word of the first side and one of
    the second that are each other's nearest.

    Args:
        space: words and vectors.
        poles: the two words whose similarities say which side a word is on.
        n_neighbours: a like is looked for among so many nearest words; None among all.

    Raises:
        InputError: when no word is on a side.
        UnknownWordError: names unknown poles, and words of a like spelling.

    Example:
        >>> from types import SimpleNamespace
        >>> rows = np.array([[1, 0, 0], [-1, 0, 0], [0.5, 1, 0], [-0.5, 1, 0.1], [0.4, -1, 0]])
        >>> space = SimpleNamespace(words=["he", "she", "livid", "furious", "calm"], vectors=rows)
        >>> word_cycles(space)[0]
        ('livid', 'furious')

    Source:
        Ellenberg (2016), "Gendercycle: a dynamical system on words", Quomodocumque,
        https://quomodocumque.wordpress.com/2016/01/15/gendercycle-a-dynamical-system-on-words/.
    """
    units, sides = _sides(space, poles)
    first, second = np.flatnonzero(sides == 0), np.flatnonzero(sides == 1)
    forth = np.full(len(units), -1)
    back = np.full(len(units), -1)
    forth[first] = _likes(units, first, sides == 1, n_neighbours)
    back[second] = _likes(units, second, sides == 0, n_neighbours)
    ones = first[(forth[first] >= 0) & (back[forth[first]] == first)]
    cosines = np.einsum("ij,ij->i", units[ones], units[forth[ones]])
    order = np.argsort(-cosines, kind="stable")
    return [(space.words[one], space.words[int(forth[one])]) for one in ones[order].tolist()]


def _sides(space: WordSpace, poles: tuple[str, str]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Unit vectors, and the pole that each word is closer to; -1 for words between them."""
    rows = np.asarray(space.vectors)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    units = rows / np.where(norms > 0, norms, 1)
    first, second = units[Vocabulary(space.words).ids(poles)] @ units.T
    sides = np.select([first > second, second > first], [0, 1], -1)
    for side, pole in enumerate(poles):
        if (sides == side).sum() < 2:
            raise InputError(
                f"words must be on the side of {pole!r}, besides itself", "none", "choose other poles"
            )
    return units, sides


def _likes(
    units: NDArray[Any], rows: NDArray[np.int64], allowed: NDArray[np.bool_], n_neighbours: int | None
) -> NDArray[np.int64]:
    """The nearest allowed word of each row, which is not the row itself; -1 where it is not near enough."""
    found = np.empty(len(rows), np.int64)
    step = max(1, CELLS // len(units))
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        places = np.arange(len(part))
        cosines = units[part] @ units.T
        cosines[places, part] = -np.inf
        best = np.where(allowed, cosines, -np.inf).argmax(axis=1)
        at_best = cosines[places, best]
        if n_neighbours is not None:
            nearer = (cosines > at_best[:, None]).sum(axis=1)
            best = np.where(nearer < n_neighbours, best, -1)
        found[start : start + step] = np.where(np.isfinite(at_best), best, -1)
    return found
