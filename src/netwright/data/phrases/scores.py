"""How surely two words are one phrase, by their counts."""

import numpy as np
from numpy.typing import NDArray


def discounted_phrase_score(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    both: NDArray[np.int64],
    *,
    n_types: int,
    n_words: int,  # noqa: ARG001 (one call for all scores)
    min_count: int,
) -> NDArray[np.float64]:
    """Return how much more often words come together than apart, less a discount for rare ones.

    Use it as the `scoring` of `Phrases`, with a threshold from 10 to 100; it has no upper end.

        score = (n_ab - min_count) / (n_a n_b) * n_types

    Args:
        first: how often the first word comes.
        second: how often the second does.
        both: how often the second follows the first.
        n_types: different words and pairs.
        n_words: words of the corpus, which this score does not use.
        min_count: the discount.

    Example:
        >>> n = np.array
        >>> discounted_phrase_score(n([20]), n([10]), n([9]), n_types=1000, n_words=5000, min_count=5)
        array([20.])

    Differs:
        The paper leaves out the factor `n_types`, word2vec's own program has the number of words there; it is
        gensim's, so that the same thresholds serve.

    Source:
        Mikolov et al. (2013), "Distributed Representations of Words and Phrases and their Compositionality",
        arXiv:1310.4546.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (both - min_count) / (first * second).astype(np.float64) * n_types
    return np.where((first > 0) & (second > 0), score, -np.inf)


def npmi_phrase_score(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    both: NDArray[np.int64],
    *,
    n_types: int,  # noqa: ARG001 (one call for all scores)
    n_words: int,
    min_count: int,
) -> NDArray[np.float64]:
    """Return the normalised pointwise mutual information of words that come together, from -1 to 1.

    Use it as the `scoring` of `Phrases`, with a threshold such as 0.5, where phrases of frequent words are to
    be found too: 1 says that neither word comes without the other, 0 that they meet by chance.

        score = ln(p_ab / (p_a p_b)) / -ln p_ab,   p = n / n_words

    Args:
        first: how often the first word comes.
        second: how often the second does.
        both: how often the second follows the first.
        n_types: different words and pairs, which this score does not use.
        n_words: words of the corpus.
        min_count: rarer pairs are none.

    Example:
        >>> n = np.array
        >>> npmi_phrase_score(n([10]), n([10]), n([10]), n_types=0, n_words=100, min_count=1)
        array([1.])

    Source:
        Bouma (2009), "Normalized (Pointwise) Mutual Information in Collocation Extraction", Proceedings of
        GSCL.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        p, q, together = first / n_words, second / n_words, both / n_words
        score = np.log(together / (p * q)) / -np.log(together)
    return np.where((both >= max(min_count, 1)) & (first > 0) & (second > 0), score, -np.inf)
