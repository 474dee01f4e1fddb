"""Sense2Vec: one vector for each sense of a word, as tags tell senses apart."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from netwright.embeddings.senses.tagged_tokens import tagged_tokens
from netwright.embeddings.words.skip_gram import SkipGram
from netwright.embeddings.words.word_estimator import WordEstimator

Tagged = Iterable[tuple[str, str]]


@final
@dataclass(eq=False, repr=False)
class Sense2Vec(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Word vectors of words with tags: duck|NOUN and duck|VERB are two.

    Use it where texts come with parts of speech or entities from a tagger, and words of several senses
    matter. Entities and noun phrases become one token first, by the rules of `tagged_tokens`; then any
    estimator of word vectors learns from the tokens.

    Args:
        estimator: what learns the vectors; None takes `SkipGram()`.
        merge_nouns: whether adjectives and nouns in a row become one token.
        lowercase: whether words are lowered.

    Raises:
        InputError: when a word has no tag beside it.
        CorpusError: when no token comes often enough.

    Example:
        >>> pond = [("a", "DET"), ("duck", "NOUN"), ("swims", "VERB")]
        >>> ball = [("they", "PRON"), ("duck", "VERB")]
        >>> senses = Sense2Vec(SkipGram(width=8, min_count=1, random_state=0)).fit([pond, pond, ball] * 9)
        >>> senses.senses("duck")
        ['duck|NOUN', 'duck|VERB']

    Source:
        Trask, Michalak and Liu (2015), "sense2vec - A Fast and Accurate Method for Word Sense Disambiguation
        In Neural Word Embeddings", arXiv:1511.06388.
    """

    estimator: WordEstimator | None = None
    merge_nouns: bool = True
    lowercase: bool = True

    def fit(self, X: Iterable[Tagged], y: Any = None) -> Self:
        """Learn from sentences of words with tags.

        Args:
            X: sentences, each of pairs (word, tag).
            y: not used.
        """
        self.estimator_ = SkipGram() if self.estimator is None else clone(self.estimator)
        self.estimator_.fit(self._tokens(X))
        self.vectors_ = self.estimator_.vectors_
        return self

    def transform(self, X: Iterable[Tagged]) -> NDArray[np.float32]:
        """Return the mean vector of each sentence's known tokens; zeros for one without any.

        Args:
            X: sentences, each of pairs (word, tag).
        """
        check_is_fitted(self)
        return self.estimator_.transform(self._tokens(X))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return a name for each column of what `transform` gives.

        Args:
            input_features: not used.
        """
        check_is_fitted(self)
        return np.array([f"sense2vec{column}" for column in range(self.vectors_.width)], object)

    def senses(self, word: str) -> list[str]:
        """Return the tokens of a word, the frequent ones first.

        Args:
            word: as it stands in tokens, with "_" between the words of a phrase.
        """
        check_is_fitted(self)
        return [token for token in self.vectors_.words if token.rpartition("|")[0] == word]

    def most_similar(self, token: str, n: int = 10) -> list[tuple[str, float]]:
        """Return the nearest tokens.

        Args:
            token: such as duck|NOUN.
            n: at most so many.

        Raises:
            UnknownWordError: names a token that is not there, and those of a like spelling.
        """
        check_is_fitted(self)
        return self.vectors_.most_similar(token, n=n)

    def _tokens(self, sentences: Iterable[Tagged]) -> Iterator[list[str]]:
        for sentence in sentences:
            yield tagged_tokens(sentence, merge_nouns=self.merge_nouns, lowercase=self.lowercase)
