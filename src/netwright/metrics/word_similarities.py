"""How closely similarities of word vectors follow those that people see."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import pearsonr, spearmanr

from netwright.core.errors import InputError
from netwright.metrics.reading import UndefinedScoreError
from netwright.metrics.word_evaluation import Space, read_lines


@final
@dataclass(frozen=True)
class WordSimilarity:
    """How word vectors did on pairs of words that people judged.

    Args:
        spearman: correlation of ranks, the usual figure.
        pearson: correlation of the similarities themselves.
        n_pairs: pairs that were looked at.
        n_unknown: pairs of which a word is not known.

    Example:
        >>> WordSimilarity(spearman=0.5, pearson=0.6, n_pairs=353, n_unknown=0).spearman
        0.5
    """

    spearman: float
    pearson: float
    n_pairs: int
    n_unknown: int


def word_similarity(
    words: Sequence[str],
    vectors: ArrayLike,
    pairs: str | Path | Iterable[tuple[str, str, float]],
    *,
    max_words: int | None = 300_000,
    ignore_case: bool = True,
    unknown_as_zero: bool = False,
) -> WordSimilarity:
    """Return how the cosines of word vectors correlate with the judgements of people.

    Use it to compare word vectors of one corpus on WordSim-353 (relatedness) and SimLex-999 (similarity);
    read the Spearman correlation, and compare only runs with as many unknown pairs.

        corr(cos(u_a, u_b), judgement) over pairs (a, b)

    Args:
        words: one a row of vectors, the frequent ones first.
        vectors: (words, width).
        pairs: a file with a pair and its score on each line, parted by tabs, as gensim's wordsim353.tsv and
            simlex999.txt; or triples.
        max_words: so many of the first words are known; None for all.
        ignore_case: whether words that differ in case alone are one; the first of them is taken.
        unknown_as_zero: whether pairs with unknown words have the similarity 0; else they are left out.

    Raises:
        InputError: when vectors do not fit words, or a line of the file holds no pair and score.
        UndefinedScoreError: when fewer than 2 pairs are known.

    Example:
        >>> pairs = [("king", "queen", 9.0), ("king", "stone", 1.0), ("queen", "stone", 2.0)]
        >>> word_similarity(["king", "queen", "stone"], [[1, 0], [1, 0.2], [0, 1]], pairs).spearman
        1.0

    Source:
        Finkelstein et al. (2002), "Placing Search in Context: The Concept Revisited", ACM Transactions on
        Information Systems 20(1), doi:10.1145/503104.503110.
    """
    space = Space(words, vectors, max_words=max_words, ignore_case=ignore_case)
    triples = list(_read(pairs) if isinstance(pairs, str | Path) else pairs)
    first, second = space.find(one for one, _, _ in triples), space.find(one for _, one, _ in triples)
    score = np.array([triple[2] for triple in triples], np.float64)
    known = (first >= 0) & (second >= 0)
    cosine = np.zeros(len(triples))
    cosine[known] = np.einsum("ij,ij->i", space.units[first[known]], space.units[second[known]])
    kept = known | unknown_as_zero
    if kept.sum() < 2:
        raise UndefinedScoreError(
            "pairs must hold 2 or more of known words",
            f"{int(known.sum())} of {len(triples)}",
            "train on texts that have these words, or give other pairs",
        )
    return WordSimilarity(
        spearman=float(spearmanr(score[kept], cosine[kept]).statistic),
        pearson=float(pearsonr(score[kept], cosine[kept]).statistic),
        n_pairs=int(kept.sum()),
        n_unknown=int((~known).sum()),
    )


def _read(path: str | Path) -> Iterator[tuple[str, str, float]]:
    """Triples of a file, of which the first line may be a heading."""
    for n_read, (number, line) in enumerate(read_lines(path)):
        fields = line.split("\t")
        try:
            first, second, score = fields[0].strip(), fields[1].strip(), float(fields[2])
        except (IndexError, ValueError):
            if n_read == 0 and len(fields) > 2:
                continue
            raise InputError(
                "each line must hold two words and a number, parted by tabs",
                f"{line!r:.60} in line {number} of {path}",
                "mend the file",
            ) from None
        yield first, second, score
