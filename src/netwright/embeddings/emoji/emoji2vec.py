"""Emoji2vec: emoji in the space of given words, from what they are called."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.data import Vocabulary
from netwright.embeddings.emoji.characters import emoji_names, split_emoji
from netwright.embeddings.vectors.word_vectors import WordVectors

BATCH = 64


@final
@dataclass(eq=False, repr=False)
class Emoji2Vec(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Give emoji vectors in the space of given words, learned from their descriptions.

    Use it to let a model that knows words read emoji too, without texts in which emoji are frequent: the
    vector of an emoji learns to tell its own descriptions from those of others. `joined` has words and emoji
    side by side. Where there are texts full of emoji, `EmojiSkipGram` learns how they are used.

        d_j = sum_{w in description j} v_w,   P(emoji i is described by j) = sigmoid(<x_i, d_j>)
        loss = - log sigmoid(<x_i, d_j>) - sum_{drawn j'} log sigmoid(-<x_i, d_j'>)

    Args:
        words: vectors of the words of the descriptions.
        n_negatives: other descriptions drawn for each one.
        epochs: passes over the descriptions.
        learning_rate: of Adam.
        dropout: share of an emoji's numbers set to zero in training.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: when no description has a known word.

    Example:
        >>> words = WordVectors(["crying", "face", "red", "apple", "green"], np.eye(5, dtype=np.float32))
        >>> emoji = Emoji2Vec(words, random_state=0).fit(["😢", "🍎", "🍏"])
        >>> emoji.vectors_.words, emoji.predict_proba(["😢", "🍎"], ["crying", "apple"]).argmax(1).tolist()
        (['😢', '🍎', '🍏'], [0, 1])

    Source:
        Eisner, Rocktäschel, Augenstein, Bošnjak and Riedel (2016), "emoji2vec: Learning Emoji
        Representations from their Description", arXiv:1609.08359.
    """

    words: WordVectors
    n_negatives: int = 1
    epochs: int = 60
    learning_rate: float = 0.01
    dropout: float = 0.0
    random_state: Any = None

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Learn vectors of emoji.

        Args:
            X: emoji, each as often as it has descriptions; or a dictionary from emoji to a description or a
                list of them; None for all that Unicode names, by their names.
            y: a description of each; None for the names in the Unicode standard.

        Raises:
            InputError: when X and y do not suit each other, or no description has a known word.
        """
        emoji, texts = _described(X, y)
        described = self.describe(texts)
        known: NDArray[np.bool_] = np.any(described, axis=1)
        if not known.any():
            raise InputError(
                "some description must have a known word", f"none of {len(texts)}", "give other word vectors"
            )
        names = list(dict.fromkeys(one for one, has in zip(emoji, known, strict=True) if has))
        numbers = {one: number for number, one in enumerate(names)}
        own = np.array([numbers[one] for one, has in zip(emoji, known, strict=True) if has])
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        vectors = self._learn(torch.from_numpy(described[known]), torch.from_numpy(own), len(names), seed)
        self.vectors_ = WordVectors(Vocabulary(names), vectors)
        return self

    def describe(self, texts: Iterable[str]) -> NDArray[np.float32]:
        """Return the sum of the vectors of each text's known words, (texts, width).

        Args:
            texts: descriptions.
        """
        given = [split_emoji(text) for text in texts]
        out = np.zeros((len(given), self.words.width), np.float32)
        for row, tokens in enumerate(given):
            known = [token for token in tokens if token in self.words]
            if known:
                out[row] = self.words[known].sum(axis=0)
        return out

    def predict_proba(self, emoji: Sequence[str], texts: Iterable[str]) -> NDArray[np.float32]:
        """Return how probable it is that each emoji is described by each text, (emoji, texts).

        Args:
            emoji: that were fitted.
            texts: descriptions.

        Raises:
            UnknownWordError: names emoji that were not fitted.
        """
        check_is_fitted(self)
        probable: NDArray[np.float32] = expit(self.vectors_[list(emoji)] @ self.describe(texts).T)
        return probable

    def transform(self, X: Iterable[str]) -> NDArray[np.float32]:
        """Return the mean vector of each text's known words and emoji; zeros for a text without any.

        Args:
            X: texts with emoji.
        """
        joined = self.joined()
        given = [[token for token in split_emoji(text) if token in joined] for text in X]
        rows = [joined[tokens].mean(axis=0) if tokens else np.zeros(joined.width) for tokens in given]
        return np.array(rows, np.float32).reshape(len(given), joined.width)

    def joined(self) -> WordVectors:
        """Return words and emoji in one; what words have of emoji gives way."""
        check_is_fitted(self)
        kept = [number for number, word in enumerate(self.words.words) if word not in self.vectors_]
        words = [self.words.words[number] for number in kept]
        vectors = np.concatenate([self.words.vectors[kept], self.vectors_.vectors])
        return WordVectors(Vocabulary([*words, *self.vectors_.words]), vectors)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the output columns.

        Args:
            input_features: passed over.
        """
        check_is_fitted(self)
        return np.array([f"emoji2vec{place}" for place in range(self.words.width)], dtype=object)

    def _learn(self, described: Tensor, own: Tensor, n_emoji: int, seed: int) -> NDArray[np.float32]:
        generator = torch.Generator().manual_seed(seed)
        start = 0.2 * torch.rand(n_emoji, described.shape[1], generator=generator) - 0.1
        vectors = nn.Parameter(start)
        optimizer = torch.optim.Adam([vectors], lr=self.learning_rate)
        for _ in range(self.epochs):
            order = torch.randperm(len(own), generator=generator)
            for batch in order.split(BATCH):  # type: ignore[no-untyped-call]
                drawn = torch.randint(len(own), (len(batch), self.n_negatives), generator=generator)
                other = own[drawn] != own[batch, None]  # another description of the same emoji is none
                x = self._thinned(vectors[own[batch]], generator)
                scores = (x * described[batch]).sum(1)
                against = torch.einsum("bw,bnw->bn", x, described[drawn])
                loss = -F.logsigmoid(scores).mean() - (F.logsigmoid(-against) * other).sum(1).mean()
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
        learned: NDArray[np.float32] = vectors.detach().numpy()
        return learned

    def _thinned(self, x: Tensor, generator: torch.Generator) -> Tensor:
        if not self.dropout:
            return x
        kept = torch.rand(x.shape, generator=generator) >= self.dropout
        return x * kept / (1 - self.dropout)


def _described(X: Any, y: Any) -> tuple[list[str], list[str]]:
    """Pairs of emoji and descriptions."""
    if isinstance(X, dict):
        pairs = [(one, text) for one, texts in X.items() for text in _several(texts)]
        return [_plain(one) for one, _ in pairs], [text for _, text in pairs]
    if isinstance(X, str | bytes) or not (X is None or isinstance(X, Iterable)):
        raise InputError("X must be an iterable of emoji", type(X).__name__, "put one in a list")
    if y is None:
        names = emoji_names(X)
        return [_plain(one) for one in names], list(names.values())
    emoji, texts = [] if X is None else list(X), list(y)
    if len(emoji) != len(texts):
        raise InputError(f"y must describe each of {len(emoji)} emoji", str(len(texts)), "give as many")
    return [_plain(one) for one in emoji], texts


def _several(texts: Any) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)


def _plain(emoji: str) -> str:
    return emoji.replace("\ufe0f", "")
