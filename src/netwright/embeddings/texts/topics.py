"""Shares of topics joined with vectors of words."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import LatentDirichletAllocation
from sklearn.utils.validation import check_is_fitted

from netwright.data import Tokenizer, read_corpus, word_counts
from netwright.embeddings.texts.mean import MeanVectors
from netwright.embeddings.texts.word_vectors import repeatable


@final
@dataclass(eq=False, repr=False)
class TopicVectors(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Represent a text by the shares of its topics and by the mean vector of its words, side by side.

    Use it as features of a classifier where some classes differ in what texts are about, which topics tell,
    and others in which of near words they use, which vectors tell.

        x = [p(topic 1 | text), ..., p(topic K | text), mean of v_w over the text]

    Args:
        vectors: `WordVectors`, or an unfitted estimator of words, which is cloned and fitted on the texts.
        n_topics: of the latent Dirichlet allocation.
        min_count: rarer words do not take part in topics.
        topic_passes: over the texts, of variational inference.
        tf_idf: whether the mean is weighted by TF-IDF.
        tokenizer: how text is cut into words; None for the usual one.
        n_threads: of the topics.
        random_state: seed of the topics.

    Raises:
        CorpusError: when no word comes often enough.

    Example:
        >>> from netwright.data import Vocabulary
        >>> from netwright.embeddings import WordVectors
        >>> words = WordVectors(Vocabulary(["red", "rose"]), np.eye(2, dtype=np.float32))
        >>> texts = ["red red rose", "red rose rose", "bank money", "money bank bank"]
        >>> topics = TopicVectors(words, n_topics=2, min_count=1, random_state=0).fit(texts)
        >>> topics.get_feature_names_out().tolist()
        ['topic0', 'topic1', 'meanvectors0', 'meanvectors1']
        >>> topics.transform(texts).shape
        (4, 4)

    Source:
        Blei, Ng and Jordan (2003), "Latent Dirichlet Allocation", Journal of Machine Learning Research 3,
        993-1022; joined with vectors of words after a Kaggle kernel by vukglisovic.
    """

    vectors: Any
    n_topics: int = 20
    min_count: int = 2
    topic_passes: int = 10
    tf_idf: bool = False
    tokenizer: Tokenizer | None = None
    n_threads: int = 1
    random_state: Any = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn topics, and the vectors of words where they are not given.

        Args:
            X: texts, or lists of tokens.
            y: passed over.
        """
        X = repeatable(X)
        self.means_ = MeanVectors(self.vectors, tf_idf=self.tf_idf, tokenizer=self.tokenizer).fit(X)
        self.vectors_ = self.means_.vectors_
        self.tokenizer_ = self.means_.tokenizer_
        self.vocabulary_, _ = read_corpus(X, min_count=self.min_count, tokenizer=self.tokenizer_)
        self.topics_ = LatentDirichletAllocation(
            self.n_topics, max_iter=self.topic_passes, n_jobs=self.n_threads, random_state=self.random_state
        ).fit(word_counts(X, self.vocabulary_, tokenizer=self.tokenizer_))
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return shares of topics and a mean vector for each text.

        Args:
            X: texts, or lists of tokens.
        """
        check_is_fitted(self)
        X = repeatable(X)
        shares = self.topics_.transform(word_counts(X, self.vocabulary_, tokenizer=self.tokenizer_))
        return np.hstack([shares.astype(np.float32), self.means_.transform(X)])

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the columns.

        Args:
            input_features: passed over.
        """
        check_is_fitted(self)
        topics = [f"topic{number}" for number in range(self.n_topics)]
        return np.array([*topics, *self.means_.get_feature_names_out()], object)
