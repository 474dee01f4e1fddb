"""Which questions of the kind "Athens is to Greece as Oslo is to ...?" word vectors answer."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netwright.core.errors import InputError
from netwright.metrics.word_evaluation import Space, blocks, read_lines

CELLS = 1 << 25
"""Cosines that are held at once."""


def cos_add(a: NDArray[Any], b: NDArray[Any], c: NDArray[Any]) -> NDArray[Any]:
    """Return how well words complete "a is to b as c is to ...", by the sum of their cosines (3CosAdd).

    Use it as the `objective` of `word_analogy_scores`, where the answer is to be that of vector arithmetic.

        cos(x, b) + cos(x, c) - cos(x, a)

    Args:
        a: cosines of all words with a.
        b: cosines with b.
        c: cosines with c.

    Example:
        >>> float(cos_add(np.array(0.5), np.array(1.0), np.array(0.25)))
        0.75

    Source:
        Mikolov et al. (2013), "Efficient Estimation of Word Representations in Vector Space",
        arXiv:1301.3781.
    """
    return b + c - a


def cos_mul(a: NDArray[Any], b: NDArray[Any], c: NDArray[Any]) -> NDArray[Any]:
    """Return how well words complete "a is to b as c is to ...", by the product of cosines (3CosMul).

    Use it as the `objective` of `word_analogy_scores`: no one large cosine rules the answer, which is right
    more often than with `cos_add`. Cosines are moved to 0 to 1 first.

        cos(x, b) cos(x, c) / (cos(x, a) + 0.000001)

    Args:
        a: cosines of all words with a.
        b: cosines with b.
        c: cosines with c.

    Example:
        >>> round(float(cos_mul(np.array(0.0), np.array(1.0), np.array(0.0))), 4)
        1.0

    Differs:
        The paper adds 0.001 below; it is gensim's 0.000001.

    Source:
        Levy and Goldberg (2014), "Linguistic Regularities in Sparse and Explicit Word Representations",
        CoNLL, doi:10.3115/v1/W14-1618.
    """
    return np.asarray((1 + b) / 2 * ((1 + c) / 2) / ((1 + a) / 2 + 0.000001))


@final
@dataclass(frozen=True)
class AnalogySection:
    """How word vectors did on one kind of questions.

    Args:
        name: of the section.
        answers: (a, b, c, expected, found) of each question that was asked; found is "" for questions with
            unknown words, which are here only if they count as wrong.
        n_right: of them.
        n_unknown: questions with unknown words.

    Example:
        >>> answers = (("cat", "cats", "dog", "dogs", "dogs"),)
        >>> AnalogySection("plural", answers, n_right=1, n_unknown=0).accuracy
        1.0
    """

    name: str
    answers: tuple[tuple[str, str, str, str, str], ...]
    n_right: int
    n_unknown: int

    @property
    def accuracy(self) -> float:
        """Share of right answers, 0 where nothing was asked."""
        return self.n_right / len(self.answers) if self.answers else 0.0

    @property
    def is_syntactic(self) -> bool:
        """Whether it asks for a form of a word, as the sections do that are named "gram..."."""
        return self.name.startswith("gram")


@final
@dataclass(frozen=True)
class AnalogyScores:
    """How word vectors did on questions of analogy.

    Args:
        sections: in the order of the file.

    Example:
        >>> AnalogyScores((AnalogySection("plural", (), n_right=0, n_unknown=3),)).accuracy
        0.0
    """

    sections: tuple[AnalogySection, ...]

    @property
    def accuracy(self) -> float:
        """Share of right answers over all sections."""
        return _accuracy(self.sections)

    @property
    def syntactic(self) -> float:
        """Share of right answers about forms of words, such as the plural."""
        return _accuracy(one for one in self.sections if one.is_syntactic)

    @property
    def semantic(self) -> float:
        """Share of right answers about meaning, such as the capital of a country."""
        return _accuracy(one for one in self.sections if not one.is_syntactic)


def _accuracy(sections: Iterable[AnalogySection]) -> float:
    kept = list(sections)
    n = sum(len(one.answers) for one in kept)
    return sum(one.n_right for one in kept) / n if n else 0.0


def word_analogy_scores(
    words: Sequence[str],
    vectors: ArrayLike,
    questions: str | Path | Iterable[tuple[str, str, str, str]],
    *,
    objective: Callable[[NDArray[Any], NDArray[Any], NDArray[Any]], NDArray[Any]] = cos_add,
    max_words: int | None = 300_000,
    ignore_case: bool = True,
    unknown_is_wrong: bool = False,
) -> AnalogyScores:
    """Return which questions of analogy word vectors answer, by section.

    Use it to compare word vectors: the syntactic sections show windows that are narrow enough, the semantic
    ones corpora that are large enough. The three words of a question are never its answer. Similarities are
    one matrix product for each block of questions, so that 20,000 questions take seconds.

        answer = argmax over x of objective(cos(x, a), cos(x, b), cos(x, c))

    Args:
        words: one a row of vectors, the frequent ones first.
        vectors: (words, width).
        questions: a file such as questions-words.txt, four words a line below lines ": section"; or
            quadruples.
        objective: `cos_add`, `cos_mul`, or a function of three arrays of cosines.
        max_words: questions are about so many of the first words, and so are the answers; None for all.
        ignore_case: whether words that differ in case alone are one; the first of them is taken.
        unknown_is_wrong: whether questions with unknown words count as wrong; else they are left out.

    Raises:
        InputError: when vectors do not fit words, or a line of the file does not hold four words.

    Example:
        >>> words, vectors = ["man", "king", "woman", "queen"], [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]]
        >>> word_analogy_scores(words, vectors, [("man", "king", "woman", "queen")]).accuracy
        1.0

    Source:
        Mikolov et al. (2013), "Efficient Estimation of Word Representations in Vector Space",
        arXiv:1301.3781; Levy and Goldberg (2014), "Linguistic Regularities in Sparse and Explicit Word
        Representations", CoNLL, doi:10.3115/v1/W14-1618.
    """
    space = Space(words, vectors, max_words=max_words, ignore_case=ignore_case)
    asked = list(_read(questions)) if isinstance(questions, str | Path) else [("", tuple(questions))]
    found = []
    for name, quadruples in asked:
        rows = np.stack([space.find(one[side] for one in quadruples) for side in range(4)], axis=1)
        known = (rows >= 0).all(axis=1)
        answers = np.full(len(rows), -1)
        answers[known] = _answers(space, rows[known, :3], objective)
        kept = np.flatnonzero(known | unknown_is_wrong).tolist()
        texts = tuple((*quadruples[i], space.words[answers[i]] if answers[i] >= 0 else "") for i in kept)
        n_right = int((space.firsts[answers[known]] == rows[known, 3]).sum())
        found.append(AnalogySection(name, texts, n_right, int((~known).sum())))
    return AnalogyScores(tuple(found))


def _answers(
    space: Space, rows: NDArray[np.int64], objective: Callable[..., NDArray[Any]]
) -> NDArray[np.int64]:
    """The answer to each question, given as rows of its three words."""
    most = CELLS // max(len(space.words), 1)
    unique, which = np.unique(rows, return_inverse=True)
    if (
        len(unique) > max(most, 3) and len(rows) > 1
    ):  # neighbours in a file share words: halves need fewer each
        half = len(rows) // 2
        return np.concatenate([_answers(space, part, objective) for part in (rows[:half], rows[half:])])
    cosines, which = space.units[unique] @ space.units.T, which.reshape(-1, 3)
    answers = np.empty(len(rows), np.int64)
    for part in blocks(len(rows), most // 8):
        scores = objective(*(cosines[which[part, side]] for side in range(3)))
        for side in range(3):
            scores[space.alike(rows[part, side])] = -np.inf
        answers[part] = scores.argmax(axis=1)
    return answers


def _read(path: str | Path) -> Iterator[tuple[str, list[tuple[str, str, str, str]]]]:
    """Sections of a file with their questions."""
    name: str | None = None
    questions: list[tuple[str, str, str, str]] = []
    for number, line in read_lines(path):
        if line.startswith(":"):
            if name is not None:
                yield name, questions
            name, questions = line.lstrip(": ").strip(), []
            continue
        quadruple = line.split()
        if len(quadruple) != 4:
            raise InputError(
                "each line must hold four words, or a colon and the name of a section",
                f"{line!r:.60} in line {number} of {path}",
                "mend the file",
            )
        questions.append((quadruple[0], quadruple[1], quadruple[2], quadruple[3]))
        name = name or ""
    if name is not None:
        yield name, questions
