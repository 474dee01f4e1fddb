"""GloVe: dot products of vectors learn the logarithm of how often words stand together."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from netwright.data import TokenStream, Vocabulary
from netwright.embeddings.counting.pairs import counted_pairs
from netwright.embeddings.words.word_estimator import PARTS, WordEstimator, threads_of
from netwright.training.hogwild import kept_state, run_epochs
from netwright.training.hogwild.telling import ask_for

AHEAD = 4
"""Pairs ahead whose rows are brought near."""


@final
@dataclass(eq=False, repr=False)
class GloVe(WordEstimator):
    """Vectors of words whose dot products are the logarithms of how often the words stand together.

    Use it where the corpus is much longer than its table of co-occurrences, since after counting only the
    table is learned from; words that stand together ten times as often have a product larger by ln 10. Each
    vector is the sum of what a word learned as centre and as context.

        J = 1/2 sum over i, j of f(X_ij) (w_i . c_j + b_i + b'_j - ln X_ij)^2,  f(x) = min(1, (x / x_max)^e)

    Args:
        width: numbers in a vector.
        window: words to each side; a pair d words apart counts 1/d.
        min_count: rarer words get no vector.
        x_max: the count from which on a pair weighs no more; lower it for small corpora.
        exponent: e.
        epochs: passes over the table.
        learning_rate: of AdaGrad.
        callback: is given an `EpochReport` after each epoch, its words being pairs; True ends the training.
        n_threads: that share the vectors without locks; by default one where `random_state` is given, so that
            the result repeats to the last bit, else one for each core.
        random_state: seed.

    Raises:
        InputError: when no two words stand together.

    Example:
        >>> texts = ["cats and dogs are pets", "iron and gold are metals"] * 50
        >>> model = GloVe(width=8, min_count=1, epochs=10, random_state=0).fit(texts)
        >>> model.vectors_.vectors.shape, model.history_[0].loss > model.history_[-1].loss
        ((8, 8), True)

    Source:
        Pennington, Socher and Manning (2014), "GloVe: Global Vectors for Word Representation",
        doi:10.3115/v1/D14-1162.

    Differs:
        Pairs are shuffled once, not before each epoch, as in the authors' program; J is halved, as there.
    """

    width: int = 100
    window: int = 10
    min_count: int = 5
    x_max: float = 100.0
    exponent: float = 0.75
    epochs: int = 25
    learning_rate: float = 0.05
    callback: Any = None
    n_threads: int | None = None
    random_state: Any = None

    def _learn(self, vocabulary: Vocabulary, stream: TokenStream, seed: int) -> NDArray[np.float32]:
        n_threads = threads_of(self.n_threads, self.random_state)
        counts = counted_pairs(
            stream, len(vocabulary), window=self.window, weighting="harmonic", n_threads=n_threads
        )
        rng = np.random.default_rng(seed)
        pairs = counts.tocoo()
        order = rng.permutation(pairs.nnz)
        rows, columns = pairs.row[order].astype(np.int32), pairs.col[order].astype(np.int32)
        logs = np.log(pairs.data[order]).astype(np.float32)
        weights = np.minimum(1, (pairs.data[order] / self.x_max) ** self.exponent).astype(np.float32)
        size = (2, len(vocabulary), self.width + 1)  # the last column is the bias
        words, contexts = (rng.random(size, np.float32) - np.float32(0.5)) / np.float32(self.width)
        squares, context_squares = np.ones(size, np.float32)

        def work(begin: int, end: int, *_rest: Any) -> tuple[float, int]:
            loss = descend(
                rows[begin:end], columns[begin:end], logs[begin:end], weights[begin:end], words, contexts,
                squares, context_squares, np.float32(self.learning_rate),
            )  # fmt: skip
            return loss, end - begin

        cuts = np.linspace(0, len(order), PARTS * n_threads + 1).astype(int).tolist()
        tables = {"words": words, "contexts": contexts, "of words": squares, "of contexts": context_squares}
        read = (vocabulary.words, vocabulary.counts, stream.ids)
        self.history_ = run_epochs(
            work, cuts, n_words=len(order), epochs=range(self.epochs), n_threads=n_threads, seed=seed,
            callback=self.callback, kept=kept_state(self, read, tables, n_threads=n_threads, seed=seed),
        )  # fmt: skip
        self.words_, self.biases_ = words[:, :-1].copy(), words[:, -1].copy()
        self.contexts_, self.context_biases_ = contexts[:, :-1].copy(), contexts[:, -1].copy()
        out: NDArray[np.float32] = self.words_ + self.contexts_
        return out


@njit(nogil=True, cache=True)
def _ask_for_both(table: Any, squares: Any, row: int, width: int) -> None:
    ask_for(table, row, width)
    ask_for(squares, row, width)


@njit(nogil=True, cache=True, fastmath=True)
def descend(
    rows: Any, columns: Any, logs: Any, weights: Any, words: Any, contexts: Any, squares: Any,
    context_squares: Any, rate: Any,
) -> float:  # fmt: skip
    """Take a step of AdaGrad for each pair; returns the sum of losses before them.

    Args:
        rows: word of each pair.
        columns: context of each pair.
        logs: ln X of each pair.
        weights: f(X) of each pair.
        words: (words, width + 1), the last column being biases; changed in place.
        contexts: the same of contexts.
        squares: sums of squared gradients of words, changed in place.
        context_squares: the same of contexts.
        rate: the learning rate.
    """
    width, last, loss = words.shape[1] - 1, len(rows) - 1, 0.0
    for pair in range(len(rows)):
        w, c, soon = rows[pair], columns[pair], min(pair + AHEAD, last)
        _ask_for_both(words, squares, rows[soon], width)
        _ask_for_both(contexts, context_squares, columns[soon], width)
        missing = words[w, width] + contexts[c, width] - logs[pair]
        for k in range(width):
            missing += words[w, k] * contexts[c, k]
        pull = weights[pair] * missing
        loss += 0.5 * pull * missing
        for k in range(width):
            of_word, of_context = pull * contexts[c, k], pull * words[w, k]
            words[w, k] -= rate * of_word / np.sqrt(squares[w, k])
            contexts[c, k] -= rate * of_context / np.sqrt(context_squares[c, k])
            squares[w, k] += of_word * of_word
            context_squares[c, k] += of_context * of_context
        words[w, width] -= rate * pull / np.sqrt(squares[w, width])
        contexts[c, width] -= rate * pull / np.sqrt(context_squares[c, width])
        squares[w, width] += pull * pull
        context_squares[c, width] += pull * pull
    return loss
