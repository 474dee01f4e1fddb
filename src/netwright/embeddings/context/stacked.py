"""Stacked embeddings: the vectors of several embedders side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError
from netwright.data import Tokenizer
from netwright.embeddings.context.reading import listed
from netwright.embeddings.context.token_embedder import TokenEmbedder, check_token_lists
from netwright.embeddings.context.word_table import WordTableEmbedder


@final
@dataclass(eq=False, repr=False)
class StackedEmbedder(TokenEmbedder):
    """Vectors of several embedders side by side for each token, and their mean for a text.

    Use it where one kind of vector knows what another does not: a table of words their sense, characters
    their form, a language model their context. Together they often serve better than each alone.

        vector of a token = [embedder_1 of it ; ... ; embedder_k of it],   text = mean over its tokens

    Args:
        embedders: token embedders, `WordVectors`, or embedders of words. Copies are fitted; one that is
            fitted already stays so inside sklearn's `FrozenEstimator`.
        tokenizer: how texts are cut into words in `transform`.

    Raises:
        InputError: when there is none, or one gives no vectors of tokens.

    Example:
        >>> from netwright.data import Vocabulary
        >>> from netwright.embeddings import WordVectors
        >>> one = WordVectors(Vocabulary(["a", "b"]), np.array([[1], [3]], np.float32))
        >>> other = WordVectors(Vocabulary(["a"]), np.array([[5, 7]], np.float32))
        >>> StackedEmbedder([one, other]).fit(["a b"]).transform(["a b"]).tolist()
        [[2.0, 2.5, 3.5]]

    Source:
        Akbik, Bergmann, Blythe, Rasul, Schweter and Vollgraf (2019), "FLAIR: An Easy-to-Use Framework for
        State-of-the-Art NLP", https://aclanthology.org/N19-4010.
    """

    embedders: Sequence[Any]
    tokenizer: Tokenizer | None = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit a copy of each embedder.

        Args:
            X: texts, or lists of tokens.
            y: has no say.
        """
        if not len(self.embedders):
            raise InputError("embedders must be at least one", "none", "give a list of them")
        texts = listed(X)
        self.embedders_: list[TokenEmbedder] = [
            _token_embedder(one).fit(texts, None) for one in self.embedders
        ]
        return self

    def transform_tokens(self, tokens: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """Return the vectors of the tokens of each text, (tokens, width).

        Args:
            tokens: of each text.
        """
        check_is_fitted(self)
        rows = check_token_lists(tokens)
        found = [one.transform_tokens(rows) for one in self.embedders_]
        return [np.concatenate(parts, 1) for parts in zip(*found, strict=True)]

    @property
    def width_(self) -> int:
        """Features of each token's vector: the sum of those of all embedders."""
        return sum(one.width_ for one in self.embedders_)


def _token_embedder(one: Any) -> Any:
    if hasattr(one, "transform_tokens"):
        return clone(one)
    return WordTableEmbedder(one)
