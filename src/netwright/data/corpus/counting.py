"""How often each word comes in each text, as one sparse matrix."""

from typing import Any

import numpy as np
from scipy import sparse

from netwright.data.corpus.encoding import encode_corpus
from netwright.data.corpus.scanning import SENTENCE_END
from netwright.data.corpus.tokenizer import Tokenizer
from netwright.data.corpus.vocabulary import Vocabulary


def word_counts(
    texts: Any, vocabulary: Vocabulary, *, tokenizer: Tokenizer | None = None
) -> sparse.csr_array:
    """Return how often each known word comes in each text: a sparse matrix of texts and words.

    Use it for whatever is a sum over the words of a text: a product of this matrix with vectors of words adds
    up those of every text at once.

    Args:
        texts: an iterable of texts or of lists of tokens, or what else `read_corpus` takes.
        vocabulary: the known words; others are passed over.
        tokenizer: how text is cut into words.

    Raises:
        CorpusError: when the texts cannot be read.

    Example:
        >>> word_counts(["a rose is a rose", "", "is it"], Vocabulary(["rose", "is"])).toarray()
        array([[2., 1.],
               [0., 0.],
               [0., 1.]], dtype=float32)
    """
    ids = encode_corpus(texts, vocabulary, tokenizer=tokenizer).ids
    ends = np.flatnonzero(ids == SENTENCE_END)
    columns = ids[ids != SENTENCE_END]
    starts = np.concatenate([[0], ends - np.arange(len(ends))])  # the ends before it are no words
    counts = sparse.csr_array(
        (np.ones(len(columns), np.float32), columns, starts), shape=(len(ends), len(vocabulary))
    )
    counts.sum_duplicates()
    return counts
