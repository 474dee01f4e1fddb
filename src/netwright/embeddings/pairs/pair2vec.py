"""Pair2Vec: the vector of two words says what they have to do with each other."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, check_random_state
from torch import Tensor

from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.data import TokenStream, Vocabulary, read_corpus
from netwright.embeddings.pairs.contexts import contexts_of, negative_share, pair_places
from netwright.embeddings.pairs.network import PairNetwork


@final
@dataclass(eq=False, repr=False)
class Pair2Vec(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Vectors of pairs of words, learned from what stands around and between them.

    Use it where the relation of two words is asked for (is the one the capital, the maker, the opposite of
    the other?), beside word vectors, which tell what each word is like. A network makes the vector R of a
    pair of its two words; it learns to have a large product with the vector C of each context in which they
    meet, and a small one where the context, the first or the second word is another.

        R(x, y) = MLP(x, y, x * y), x and y of unit length;   C(c): LSTM both ways, pooled by attention
        loss = - log s(R(x, y) C(c)) - sum log s(-R(x, y) C(c')) - sum log s(-R(x', y) C(c))
               - sum log s(-R(x, y') C(c)),   s the logistic function

    Args:
        width: of all vectors.
        window: words that stand between the two of a pair at most; one more on either side is read.
        depth: linear layers of the network of pairs.
        n_negatives: other contexts, first and second words for each pair that is met.
        min_count: rarer words are left out.
        pair_words: the words that pairs are made of, such as all nouns; None takes all, "the" included.
        epochs: how often each pair is met in the corpus.
        batch_size: pairs that are learned from at once.
        learning_rate: of Adam.
        random_state: a seed makes the same vectors again.

    Raises:
        InputError: when no two words of pair_words meet.
        CorpusError: when the corpus cannot be read, or no word comes often enough.
        UnknownWordError: names words to transform that are not known.

    Example:
        >>> texts = ["oslo is the capital of norway", "rome is the capital of italy", "oslo or rome"] * 5
        >>> names = ["oslo", "norway", "rome", "italy"]
        >>> pairs = Pair2Vec(width=8, min_count=1, pair_words=names, epochs=1, random_state=0).fit(texts)
        >>> pairs.transform([("oslo", "norway"), ("rome", "italy")]).shape
        (2, 8)

    Differs:
        Other words are drawn from all that pairs are made of, none of them by its type; other contexts are
        those of other pairs of the batch.

    Source:
        Joshi et al. (2018), "pair2vec: Compositional Word-Pair Embeddings for Cross-Sentence Inference",
        arXiv:1810.08854.
    """

    width: int = 100
    window: int = 5
    depth: int = 4
    n_negatives: int = 3
    min_count: int = 5
    pair_words: Collection[str] | None = None
    epochs: int = 5
    batch_size: int = 512
    learning_rate: float = 1e-3
    random_state: Any = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from a corpus.

        Args:
            X: a path, a folder, an iterable of texts or of lists of tokens, or (vocabulary, stream) of
                `read_corpus`.
            y: not used.
        """
        ready = isinstance(X, tuple) and len(X) == 2 and isinstance(X[0], Vocabulary)
        vocabulary, stream = X if ready else read_corpus(X, min_count=self.min_count)
        self.vocabulary_: Vocabulary = vocabulary
        pairing = np.ones(len(self.vocabulary_), bool)
        if self.pair_words is not None:
            wanted = set(self.pair_words)
            pairing = np.array([word in wanted for word in self.vocabulary_.words], bool)
        starts, steps = pair_places(stream.ids, pairing, self.window)
        if not len(starts):
            raise InputError(
                "the corpus must hold pairs of pair_words near each other", "none", "widen the window"
            )
        self.n_met_ = len(starts)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        with isolated_seed(seed):
            self.network_ = PairNetwork(len(self.vocabulary_), self.width, self.depth)
            self.losses_ = self._learn(
                stream, starts, steps, negative_share(self.vocabulary_.counts, pairing)
            )
        self.network_.eval()
        return self

    def transform(self, X: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Return (pairs, width): the vector of each pair; its words need not have met.

        Args:
            X: pairs of words; their order has a say.
        """
        check_is_fitted(self)
        if not len(X):
            return np.empty((0, self.width), np.float32)
        first, second = (torch.from_numpy(self.vocabulary_.ids(side)) for side in zip(*X, strict=True))
        with torch.no_grad():
            found: NDArray[np.float32] = self.network_.pairs(first, second).numpy()
        return found

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return a name for each column.

        Args:
            input_features: not used.
        """
        check_is_fitted(self)
        return np.array([f"pair2vec{column}" for column in range(self.width)], object)

    def _learn(
        self, stream: TokenStream, starts: NDArray[Any], steps: NDArray[Any], shares: NDArray[np.float64]
    ) -> list[float]:
        """Train; returns the mean loss of each epoch."""
        optimizer = torch.optim.Adam(self.network_.parameters(), lr=self.learning_rate)
        drawn = torch.from_numpy(np.cumsum(shares))
        losses = []
        for _ in range(self.epochs):
            total = 0.0
            for first, second, words, lengths in self._batches(stream, starts, steps):
                loss = self._loss(first, second, self.network_.contexts(words, lengths), drawn)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                total += float(loss.detach()) * len(first)
            losses.append(total / len(starts))
        return losses

    def _batches(
        self, stream: TokenStream, starts: NDArray[Any], steps: NDArray[Any]
    ) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
        order = torch.randperm(len(starts)).numpy()
        for at in range(0, len(order), self.batch_size):
            rows = order[at : at + self.batch_size]
            start, step = starts[rows], steps[rows]
            words, lengths = contexts_of(stream.ids, start, step, self.window + 4)
            first, second = stream.ids[start].astype(np.int64), stream.ids[start + step].astype(np.int64)
            yield (
                torch.from_numpy(first), torch.from_numpy(second), torch.from_numpy(words),
                torch.from_numpy(lengths),
            )  # fmt: skip

    def _loss(self, first: Tensor, second: Tensor, contexts: Tensor, drawn: Tensor) -> Tensor:
        """Multivariate negative sampling: the context, the first and the second word change in turns."""
        n, k = len(first), self.n_negatives
        pairs = self.network_.pairs(first, second)  # (batch, width)
        others = contexts[torch.randint(n, (n, k))]  # (batch, k, width)
        loss = F.softplus(-(pairs * contexts).sum(-1))
        loss = loss + F.softplus((pairs.unsqueeze(1) * others).sum(-1)).sum(1)
        for side in range(2):
            words = torch.searchsorted(drawn, torch.rand(n * k, dtype=torch.float64)).clamp_max(
                len(drawn) - 1
            )
            kept = (second if side == 0 else first).repeat_interleave(k)
            mixed = self.network_.pairs(words, kept) if side == 0 else self.network_.pairs(kept, words)
            loss = loss + F.softplus((mixed.view(n, k, -1) * contexts.unsqueeze(1)).sum(-1)).sum(1)
        return loss.mean()
