"""Cat2Vec: the rows of a table as sentences, whose words are the levels of its categories."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import TableError
from netwright.data import TableEncoder, TokenStream, Vocabulary
from netwright.embeddings.tables.learning import level_names
from netwright.embeddings.vectors.word_vectors import WordVectors
from netwright.embeddings.words.outputs import NegativeSampling
from netwright.embeddings.words.skip_gram import SkipGram
from netwright.embeddings.words.word_estimator import Window


@final
@dataclass(eq=False, repr=False)
class Cat2Vec(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn levels of categorical columns into vectors by the levels that stand in the same rows.

    Use it on tables of many categories where labels are few: it needs none, so that all rows there are can
    teach which levels are alike. Each row is a sentence of words such as "city=Lima", and skip-gram learns
    each of them from all others of its row, whatever their order. Where labels are plenty,
    `EntityEmbedder` learns what they need.

        maximise sum_rows sum_{i != j} log sigmoid(<v_i, u_j>) + sum_{drawn n} log sigmoid(-<v_i, u_n>)

    Columns come out as numbers, scaled and filled as `TableEncoder` has them, and then the vectors of the
    row's levels side by side. The mean of each column is taken from its vectors: all levels of a column share
    that they never stand in one row, which says nothing of any of them. So zeros are the average level, and
    stand for those that no row of the fit had.

    Args:
        width: length of the vectors.
        n_negatives: levels drawn for each one.
        epochs: passes over the rows.
        learning_rate: of skip-gram at first.
        table: which columns are categories and how they are read; None for the defaults of `TableEncoder`.
        n_threads: that learn; by default one where `random_state` is given.
        random_state: seed of everything that is drawn.

    Raises:
        TableError: when the table has fewer than two columns of categories.

    Example:
        >>> homes = {"city": ["Lima", "Oslo"] * 100, "money": ["sol", "krone"] * 100}
        >>> homes["sea"] = ["Pacific", "Atlantic"] * 100
        >>> levels = Cat2Vec(width=8, epochs=20, random_state=0).fit(homes)
        >>> sorted(level for level, _ in levels.vectors_.most_similar("city=Lima", n=2))
        ['money=sol', 'sea=Pacific']
        >>> levels.transform(homes).shape
        (200, 24)

    Source:
        Kwyk (2017), "A non-NLP application of Word2Vec",
        https://mllib.wordpress.com/2017/08/07/a-non-nlp-application-of-word2vec/; skip-gram: Mikolov,
        Sutskever, Chen, Corrado and Dean (2013), "Distributed Representations of Words and Phrases and their
        Compositionality", arXiv:1310.4546.
    """

    width: int = 32
    n_negatives: int = 5
    epochs: int = 10
    learning_rate: float = 0.025
    table: TableEncoder | None = None
    n_threads: int | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the vectors.

        Args:
            X: the table.
            y: passed over.
        """
        self.table_ = clone(self.table or TableEncoder())
        codes = self._codes(self.table_.fit_transform(X))
        n_columns = len(self.table_.cardinalities_)
        if n_columns < 2:
            raise TableError(
                "the table must have two columns of categories or more",
                str(n_columns),
                "name numbers that are categories in TableEncoder(categories=...)",
            )
        self.n_features_in_ = self.table_.n_features_in_
        self.feature_names_in_ = self.table_.feature_names_in_
        coded = self.table_.columns_[-n_columns:]
        words = [f"{column.names[0]}={level}" for column in coded for level in level_names(column)]
        counts = np.bincount(codes.ravel(), minlength=len(words))
        ends = np.full((len(codes), 1), -1)
        stream = TokenStream(np.hstack([codes, ends]).astype(np.int32).ravel())
        model = SkipGram(
            width=self.width,
            window=Window(n_columns - 1, dynamic=False),
            output=NegativeSampling(self.n_negatives),
            subsample=0.0,
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            n_threads=self.n_threads,
            random_state=self.random_state,
        ).fit((Vocabulary(words, counts), stream))
        centred = _centred(model.vectors_.vectors, counts, self.table_.cardinalities_)
        self.vectors_ = WordVectors(model.vectors_.vocabulary, centred)
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return numbers and vectors side by side, (rows, outputs).

        Args:
            X: a table with the columns that were fitted.
        """
        check_is_fitted(self)
        values = self.table_.transform(X)
        vectors = self.vectors_.vectors[self._codes(values)]  # (rows, columns, width)
        return np.hstack([values[:, : self.table_.n_numbers_], vectors.reshape(len(values), -1)])

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the output columns.

        Args:
            input_features: passed over.
        """
        check_is_fitted(self)
        names, n_numbers = self.table_.feature_names_, self.table_.n_numbers_
        inside = [f"{name}[{place}]" for name in names[n_numbers:] for place in range(self.width)]
        return np.array([*names[:n_numbers], *inside], dtype=object)

    def _codes(self, values: NDArray[np.float32]) -> NDArray[np.int64]:
        """Numbers of words: the codes of each column behind those of the columns before it."""
        before = np.cumsum([0, *self.table_.cardinalities_])[:-1]
        numbers: NDArray[np.int64] = values[:, self.table_.n_numbers_ :].astype(np.int64) + before
        return numbers


def _centred(
    vectors: NDArray[np.float32], counts: NDArray[np.int64], cardinalities: list[int]
) -> NDArray[np.float32]:
    """Vectors less the mean over the rows of their column; zeros for levels of no row."""
    columns = np.repeat(np.arange(len(cardinalities)), cardinalities)
    sums = np.zeros((len(cardinalities), vectors.shape[1]))
    np.add.at(sums, columns, counts[:, None] * vectors)
    n_rows = counts[columns == 0].sum()
    centred = np.where(counts[:, None] > 0, vectors - (sums / n_rows)[columns], 0.0)
    return centred.astype(np.float32)
