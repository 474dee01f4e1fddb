"""Questions to word vectors: analogies by sum and by product, and which word does not belong."""

from collections.abc import Sequence

import numpy as np

from netwright.core.errors import InputError
from netwright.embeddings.vectors.word_vectors import WordVectors


def analogy(vectors: WordVectors, a: str, b: str, c: str, n: int = 10) -> list[tuple[str, float]]:
    """Return the words that complete "a is to b as c is to ...", by vector arithmetic (3CosAdd).

    Use it to try what relations the vectors hold; the first few answers say more than the first alone.

        argmax over x of cos(x, u_b - u_a + u_c),   u unit vectors

    Args:
        vectors: known words.
        a: is to b.
        b: as a is to it.
        c: is to the answer.
        n: so many answers, the best first, each with its cosine.

    Raises:
        UnknownWordError: names unknown words, and those of a like spelling.

    Example:
        >>> words = ["man", "king", "woman", "queen", "table"]
        >>> rows = [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1], [0, -1, -1]]
        >>> analogy(WordVectors(words, rows), "man", "king", "woman", n=1)[0][0]
        'queen'

    Source:
        Mikolov et al. (2013), "Efficient Estimation of Word Representations in Vector Space",
        arXiv:1301.3781.
    """
    return vectors.most_similar([b, c], [a], n=n)


def multiplicative_analogy(
    vectors: WordVectors, a: str, b: str, c: str, n: int = 10
) -> list[tuple[str, float]]:
    """Return the words that complete "a is to b as c is to ...", by the product of cosines (3CosMul).

    Use it where `analogy` answers with words that are merely near one of the three: here none of them rules.

        argmax over x of cos(x, b) cos(x, c) / (cos(x, a) + 0.000001),   cosines moved to 0 to 1

    Args:
        vectors: known words.
        a: is to b.
        b: as a is to it.
        c: is to the answer.
        n: so many answers, the best first, each with its score.

    Raises:
        UnknownWordError: names unknown words, and those of a like spelling.

    Example:
        >>> words = ["man", "king", "woman", "queen", "table"]
        >>> rows = [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1], [0, -1, -1]]
        >>> multiplicative_analogy(WordVectors(words, rows), "man", "king", "woman", n=1)[0][0]
        'queen'

    Source:
        Levy and Goldberg (2014), "Linguistic Regularities in Sparse and Explicit Word Representations",
        CoNLL, doi:10.3115/v1/W14-1618.
    """
    return most_similar_by_product(vectors, [b, c], [a], n=n)


def most_similar_by_product(
    vectors: WordVectors, positive: Sequence[str], negative: Sequence[str] = (), n: int = 10
) -> list[tuple[str, float]]:
    """Return the words that are like some words and unlike others, by the product of cosines.

    Use it in the place of `WordVectors.most_similar` where one large cosine should not rule the answer.

        prod over p of cos(x, p) / (prod over q of cos(x, q) + 0.000001),   cosines moved to 0 to 1

    Args:
        vectors: known words.
        positive: one word or more.
        negative: none or more.
        n: so many answers, the best first, each with its score.

    Raises:
        InputError: when there is no positive word.
        UnknownWordError: names unknown words, and those of a like spelling.

    Example:
        >>> vectors = WordVectors(["a", "b", "c"], [[1, 0], [1, 0.1], [0, 1]])
        >>> most_similar_by_product(vectors, ["a"], n=1)[0][0]
        'b'

    Source:
        Levy and Goldberg (2014), "Linguistic Regularities in Sparse and Explicit Word Representations",
        CoNLL, doi:10.3115/v1/W14-1618.
    """
    if not len(positive):
        raise InputError("positive must hold one word or more", "none", "name what the answer is to be like")
    given = vectors.vocabulary.ids([*positive, *negative])
    cosines = vectors.normalised @ vectors.normalised[given].T
    shifted = (1 + cosines) / 2
    above, below = shifted[:, : len(positive)].prod(axis=1), shifted[:, len(positive) :].prod(axis=1)
    scores = above / (below + 0.000001)
    scores[given] = -np.inf
    best = np.argsort(-scores, kind="stable")[: min(n, len(scores) - len(set(given.tolist())))]
    return [(vectors.words[row], float(scores[row])) for row in best.tolist()]


def doesnt_match(vectors: WordVectors, words: Sequence[str]) -> str:
    """Return the word that does not belong: the one that is farthest from the mean of all.

    Use it to see whether vectors know a group, such as breakfast, lunch, dinner and cereal.

        argmin over w of u_w . (mean of all u),   u unit vectors

    Args:
        vectors: known words.
        words: two or more of them.

    Raises:
        InputError: when there are fewer than two words.
        UnknownWordError: names unknown words, and those of a like spelling.

    Example:
        >>> meals = WordVectors(["lunch", "dinner", "cereal"], [[1, 0], [1, 0.1], [0, 1]])
        >>> doesnt_match(meals, ["lunch", "cereal", "dinner"])
        'cereal'
    """
    if len(words) < 2:
        raise InputError("words must be two or more", str(len(words)), "name the group")
    rows = vectors.normalised[vectors.vocabulary.ids(words)]
    return words[int((rows @ rows.mean(axis=0)).argmin())]
