"""Summaries made of a text's own sentences: those that the others are most like."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.preprocessing import normalize

from netwright.core.errors import InputError
from netwright.data import Tokenizer, read_corpus, word_counts
from netwright.text.page_rank import page_rank
from netwright.text.sentences import split_sentences


@runtime_checkable
class SentenceRanker(Protocol):
    """What tells how much of a text each of its sentences stands for.

    Example:
        >>> isinstance(TextRank(), SentenceRanker)
        True
    """

    def scores(self, sentences: Sequence[str]) -> NDArray[np.float64]:
        """Return a score for each sentence, higher for more central ones."""


@final
@dataclass(frozen=True)
class TextRank:
    """Rank sentences by the words they share with others.

    Use it for short summaries of single texts: it needs nothing but the text. Sentences endorse each other by
    common words, so that those which many others overlap with come first.

        s(a, b) = |words of a and b| / (ln |a| + ln |b|),  scores = PageRank of s

    Args:
        damping: of PageRank.
        tokenizer: how sentences are cut into words.

    Example:
        >>> TextRank().scores(["red rose garden", "the red rose", "rose garden path", "tax"]).round(2)
        array([0.37, 0.29, 0.29, 0.05])

    Source:
        Mihalcea and Tarau (2004), "TextRank: Bringing Order into Texts", Conference on Empirical Methods in
        Natural Language Processing, 404-411.
    """

    damping: float = 0.85
    tokenizer: Tokenizer | None = None

    def similarities(self, sentences: Sequence[str]) -> sparse.csr_array:
        """Return how much each two sentences overlap, nothing on the diagonal.

        Args:
            sentences: of one text.
        """
        counts = _counts(sentences, self.tokenizer)
        lengths = np.asarray(counts.sum(axis=1))
        counts.data[:] = 1
        shared = sparse.coo_array(counts @ counts.T)
        logs = np.log(np.maximum(lengths, 1))
        parts = logs[shared.row] + logs[shared.col]
        kept = (shared.row != shared.col) & (parts > 0)  # two sentences of one word have no length to go by
        values = shared.data[kept] / parts[kept]
        return sparse.csr_array((values, (shared.row[kept], shared.col[kept])), shape=shared.shape)

    def scores(self, sentences: Sequence[str]) -> NDArray[np.float64]:
        """Return the rank of each sentence; all add up to 1.

        Args:
            sentences: of one text.
        """
        return page_rank(self.similarities(sentences), damping=self.damping)


@final
@dataclass(frozen=True)
class LexRank:
    """Rank sentences by the cosine of their TF-IDF vectors with those of others.

    Use it as `TextRank`; rare words count more here, which helps in longer texts and in several texts on one
    thing. With a threshold, sentences that are like enough endorse each other in equal parts; with None each
    endorses by how like it is (the continuous LexRank).

        s(a, b) = cos(tf idf(a), tf idf(b)),  idf(w) = ln(N / N_w),  scores = PageRank of [s > threshold]

    Args:
        threshold: least cosine of an edge; None for edges weighted by cosines.
        damping: of PageRank.
        tokenizer: how sentences are cut into words.

    Example:
        >>> LexRank().scores(["red rose garden", "the red rose", "rose garden path", "tax"]).round(2)
        array([0.31, 0.22, 0.22, 0.25])

    Source:
        Erkan and Radev (2004), "LexRank: Graph-based Lexical Centrality as Salience in Text Summarization",
        doi:10.1613/jair.1523.
    """

    threshold: float | None = 0.1
    damping: float = 0.85
    tokenizer: Tokenizer | None = None

    def similarities(self, sentences: Sequence[str]) -> sparse.csr_array:
        """Return the cosine of each two sentences, each with itself too.

        Args:
            sentences: of one text.
        """
        counts = _counts(sentences, self.tokenizer)
        sentences_with = np.bincount(counts.indices, minlength=counts.shape[1])
        rarity = np.log(len(sentences) / np.maximum(sentences_with, 1))
        weighted = normalize(sparse.csr_array(counts.astype(np.float64) * rarity))
        return sparse.csr_array(weighted @ weighted.T)

    def scores(self, sentences: Sequence[str]) -> NDArray[np.float64]:
        """Return the rank of each sentence; all add up to 1.

        Args:
            sentences: of one text.
        """
        edges = self.similarities(sentences)
        if self.threshold is not None:
            edges = sparse.csr_array((edges > self.threshold).astype(np.float64))
        return page_rank(edges, damping=self.damping)


def summarise(
    text: str | Sequence[str], n_sentences: int = 3, *, ranker: SentenceRanker | None = None
) -> list[str]:
    """Return the most central sentences of a text, in the order in which they stand there.

    Use it to see what a long text is about. Nothing is written anew: the summary is made of its sentences.

    Args:
        text: prose, or its sentences.
        n_sentences: of the summary.
        ranker: `TextRank()` by default, or `LexRank()`.

    Raises:
        InputError: when the text has no sentence with a word, or n_sentences is below 1.

    Example:
        >>> text = "Roses are red. The garden has red roses. Taxes rise. Red roses fill the garden."
        >>> summarise(text, 1)
        ['The garden has red roses.']

    Source:
        Mihalcea and Tarau (2004), "TextRank: Bringing Order into Texts", Conference on Empirical Methods in
        Natural Language Processing, 404-411.
    """
    if n_sentences < 1:
        raise InputError("n_sentences must be 1 or more", str(n_sentences), "ask for at least one sentence")
    sentences = split_sentences(text) if isinstance(text, str) else list(text)
    if not any(map(str.strip, sentences)):
        raise InputError("the text must have sentences", "none", "give prose, or a list of sentences")
    scores = (ranker or TextRank()).scores(sentences)
    best = np.sort(np.argsort(-scores, kind="stable")[:n_sentences])
    return [sentences[row] for row in best.tolist()]


def _counts(sentences: Sequence[str], tokenizer: Tokenizer | None) -> sparse.csr_array:
    vocabulary, _ = read_corpus(sentences, min_count=1, tokenizer=tokenizer)
    return word_counts(sentences, vocabulary, tokenizer=tokenizer)
