"""WordRank: a word's contexts are ranked above all others, by a loss that forgives hopeless ones."""

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import sparse

from netwright.core.errors import InputError
from netwright.data import TokenStream, Vocabulary, co_occurrences
from netwright.embeddings.words.word_estimator import PARTS, WordEstimator, threads_of
from netwright.training.hogwild import EpochReport, next_random, run_epochs, uniform

AT_ONCE = 256
"""Words whose scores of all contexts are held together."""


@final
@dataclass(frozen=True)
class RobustRank:
    """How much the rank of a context costs.

    The rank of c among the contexts of w is bounded from above by

        R = sum over c' other than c of max(0, 1 - u_w . (v_c - v_c'))

    and costs f(X_wc) log2((R + offset) / scale), f(x) = min(1, (x / x_max)^exponent). The logarithm attends
    to the top of the list, and forgives contexts that rank low whatever is done.

    Args:
        scale: the paper's alpha; a large one makes the loss flatter at the top.
        offset: the paper's beta.
        x_max: the count from which on a pair weighs no more.
        exponent: of counts below it.

    Example:
        >>> RobustRank().cost(np.array([1.0, 101.0]), np.array([10.0, 10.0])).round(2).tolist()
        [0.0, 1.0]

    Source:
        Ji, Yun, Yanardag, Matsushima and Vishwanathan (2015), "WordRank: Learning Word Embeddings via Robust
        Ranking", arXiv:1506.02761.
    """

    scale: float = 100.0
    offset: float = 99.0
    x_max: float = 10.0
    exponent: float = 0.75

    def weight(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return f of counts.

        Args:
            counts: of pairs.
        """
        return np.minimum(1, (counts / self.x_max) ** self.exponent)

    def cost(self, ranks: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what each pair costs.

        Args:
            ranks: R of each pair.
            counts: X of each pair.
        """
        return self.weight(counts) * np.log2((ranks + self.offset) / self.scale)


@final
@dataclass(eq=False, repr=False)
class WordRank(WordEstimator):
    """Vectors of words that rank the contexts of each word above all other words.

    Use it on small and noisy corpora, and where what matters is which words come first. The logarithm of the
    rank is replaced by its tangent at the rank that was last found, so that each step looks at one context
    and one drawn word; ranks are found anew, for all pairs exactly, every few epochs.

        step: r xi / ln 2 times the gradient of max(0, 1 - u_w . (v_c - v_c')),  xi = scale / (R + offset)

    Args:
        width: numbers in a vector.
        window: words to each side; a pair d words apart counts 1/d.
        min_count: rarer words get no vector.
        loss: how much ranks cost.
        epochs: passes over the pairs that stand together.
        learning_rate: of each step, pairs weighing 1 on average.
        refresh: epochs after which ranks are found anew.
        n_threads: that share the vectors without locks; by default one where `random_state` is given, so that
            the result repeats to the last bit, else one for each core.
        random_state: seed.

    Raises:
        InputError: when no two words stand together, or there are fewer than three words.

    Example:
        >>> texts = ["cats and dogs are pets", "iron and gold are metals"] * 50
        >>> model = WordRank(width=8, min_count=1, epochs=20, random_state=0).fit(texts)
        >>> model.vectors_.vectors.shape, model.losses_[0] > model.losses_[-1]
        ((8, 8), True)

    Source:
        Ji, Yun, Yanardag, Matsushima and Vishwanathan (2015), "WordRank: Learning Word Embeddings via Robust
        Ranking", arXiv:1506.02761.

    Differs:
        Of the choices of the authors' program, the hinge and the logarithm (rho_1). Ranks are found by
        sorting the scores of a word, which gives the same sums as comparing all pairs.
    """

    width: int = 100
    window: int = 10
    min_count: int = 5
    loss: RobustRank = field(default_factory=RobustRank)
    epochs: int = 50
    learning_rate: float = 0.025
    refresh: int = 10
    n_threads: int | None = None
    random_state: Any = None

    def _learn(self, vocabulary: Vocabulary, stream: TokenStream, seed: int) -> NDArray[np.float32]:
        n_threads = threads_of(self.n_threads, self.random_state)
        counts = co_occurrences(stream, len(vocabulary), window=self.window, n_threads=n_threads)
        if not counts.nnz or len(vocabulary) < 3:
            raise InputError(
                "the corpus must have three words or more that stand together",
                f"{counts.nnz} pairs",
                "give more text",
            )
        rng = np.random.default_rng(seed)
        words, contexts = rng.normal(0, self.width**-0.5, (2, len(vocabulary), self.width)).astype(np.float32)
        rows = np.repeat(np.arange(len(vocabulary), dtype=np.int32), np.diff(counts.indptr))
        order = rng.permutation(counts.nnz)
        weights = self.loss.weight(counts.data)
        weights /= weights.mean() * np.log(2)
        pulls = weights.astype(np.float32)  # xi is 1 until ranks are known
        self.losses_ = [float(self.loss.cost(rank_bounds(words, contexts, counts), counts.data).mean())]

        def work(begin: int, end: int, part_seed: int, *_rest: Any) -> tuple[float, int]:
            state = np.array([part_seed], np.uint64)
            descend_ranks(
                order[begin:end],
                rows,
                counts.indices,
                pulls,
                words,
                contexts,
                np.float32(self.learning_rate),
                state,
            )
            return float("nan"), end - begin

        def look(report: EpochReport) -> None:
            if report.epoch % self.refresh and report.epoch != self.epochs:
                return
            ranks = rank_bounds(words, contexts, counts)
            pulls[:] = weights * self.loss.scale / (ranks + self.loss.offset)
            self.losses_.append(float(self.loss.cost(ranks, counts.data).mean()))

        cuts = np.linspace(0, len(order), PARTS * n_threads + 1).astype(int).tolist()
        run_epochs(
            work,
            cuts,
            n_words=len(order),
            epochs=range(self.epochs),
            n_threads=n_threads,
            seed=seed,
            callback=look,
        )
        self.contexts_ = contexts
        out: NDArray[np.float32] = words
        return out


def rank_bounds(words: NDArray[Any], contexts: NDArray[Any], counts: sparse.csr_array) -> NDArray[np.float64]:
    """Return R of each pair, in the order of the stored counts.

    Args:
        words: (words, width).
        contexts: (contexts, width).
        counts: (words, contexts), whose stored entries are the pairs.

    Example:
        >>> pair = sparse.csr_array(np.array([[1.0, 0, 0]]))
        >>> rank_bounds(np.array([[1.0]]), np.array([[1.0], [0.5], [3.0]]), pair).tolist()
        [3.5]
    """
    ranks = np.empty(counts.nnz)
    for start in range(0, len(words), AT_ONCE):
        scores = words[start : start + AT_ONCE].astype(np.float64) @ contexts.T.astype(np.float64)
        _hinge_sums(scores, counts.indptr[start : start + AT_ONCE + 1], counts.indices, ranks)
    return ranks


@njit(nogil=True, cache=True)
def _hinge_sums(scores: Any, starts: Any, columns: Any, ranks: Any) -> None:
    """For each pair the sum over all others of max(0, 1 + score of the other - its own)."""
    n = scores.shape[1]
    for row in range(len(scores)):
        rising = np.sort(scores[row])
        above = np.zeros(n + 1)
        for place in range(n - 1, -1, -1):
            above[place] = above[place + 1] + rising[place]
        for pair in range(starts[row], starts[row + 1]):
            own = scores[row, columns[pair]]
            first = np.searchsorted(rising, own - 1)
            ranks[pair] = above[first] + (n - first) * (1 - own) - 1  # its own term is 1


@njit(nogil=True, cache=True, fastmath=True)
def descend_ranks(
    order: Any, rows: Any, columns: Any, pulls: Any, words: Any, contexts: Any, rate: Any, state: Any
) -> None:
    """Take a step for each pair and one drawn word that is not its context.

    Args:
        order: the pairs, as places in the arrays that follow.
        rows: word of each pair.
        columns: context of each pair.
        pulls: r xi / ln 2 of each pair.
        words: (words, width), changed in place.
        contexts: (contexts, width), changed in place.
        rate: the learning rate.
        state: (1,), of the random numbers.
    """
    for pair in order:
        column = columns[pair]
        drawn = int(uniform(next_random(state), len(contexts) - 1))
        drawn += drawn >= column
        step(words[rows[pair]], contexts[column], contexts[drawn], rate * pulls[pair])


@njit(nogil=True, cache=True, fastmath=True, inline="always")
def step(word: Any, context: Any, other: Any, rate: Any) -> None:
    """Go down the gradient of max(0, 1 - u . (v - v')), if it is not zero.

    Args:
        word: u, changed in place.
        context: v, changed in place.
        other: v', changed in place.
        rate: of the step.
    """
    margin = rate * 0
    for k in range(len(word)):
        margin += word[k] * (context[k] - other[k])
    if margin >= 1:
        return
    for k in range(len(word)):
        u = word[k]
        word[k] += rate * (context[k] - other[k])
        context[k] += rate * u
        other[k] -= rate * u
