"""The baseline of every result on texts: TF-IDF and logistic regression; the terms that tell a text apart."""

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError

WORD = re.compile(r"(?u)\b\w\w+\b")


@final
@dataclass(frozen=True)
class _Terms:
    """Words of a text, each through a hook."""

    stem: Callable[[str], str] | None

    def __call__(self, text: str) -> list[str]:
        words = WORD.findall(text)
        return words if self.stem is None else [self.stem(word) for word in words]


@final
@dataclass(eq=False, repr=False)
class TfidfClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Logistic regression on TF-IDF weights of words and phrases.

    Use it first, and print it beside every other result on texts: on long texts with enough labels it is
    hard to beat, and it takes seconds. `stem` takes a function from word to word, so that any stemmer or
    lemmatiser serves.

        x_t = n(t) (1 + ln((1 + N) / (1 + N_t))), each text at length 1

    with n(t) the times term t comes in a text, N the number of texts and N_t of those with t.

    Args:
        n_grams: the shortest and the longest phrases that are terms.
        min_count: a term that fewer texts have is left out.
        max_share: a term that a larger share of the texts has is left out.
        sublinear: whether n(t) is 1 + ln n(t) instead.
        stem: what makes one term of several forms, such as `nltk.stem.PorterStemmer().stem`.
        stop_words: words that are no terms, after `stem`.
        C: inverse strength of the penalty of the logistic regression.
        class_weight: None, "balanced", or a weight for each class.

    Raises:
        InputError: when one text is given instead of several, or no term is left.

    Example:
        >>> texts = ["red roses", "a red garden", "taxes rise", "rising taxes"]
        >>> model = TfidfClassifier(C=10).fit(texts, ["plants", "plants", "money", "money"])
        >>> model.predict(["a rose garden", "income taxes"]).tolist()
        ['plants', 'money']
        >>> model.top_terms(["red roses and taxes"], n=1)
        [[('roses', 0.66...)]]

    Source:
        Salton and Buckley (1988), "Term-weighting approaches in automatic text retrieval",
        doi:10.1016/0306-4573(88)90021-0.
    """

    n_grams: tuple[int, int] = (1, 1)
    min_count: int = 1
    max_share: float = 1.0
    sublinear: bool = False
    stem: Callable[[str], str] | None = None
    stop_words: Iterable[str] | None = None
    C: float = 1.0
    class_weight: Any = None

    def fit(self, X: Any, y: Any) -> Self:
        """Learn terms, their rarity and the weights of classes.

        Args:
            X: texts.
            y: their classes.
        """
        texts = _texts(X)
        self.vectorizer_ = _vectorizer(self)
        matrix = _fitted_matrix(self.vectorizer_, texts)
        self.regression_ = LogisticRegression(C=self.C, class_weight=self.class_weight, max_iter=1000)
        self.regression_.fit(matrix, y)
        self.classes_ = self.regression_.classes_
        return self

    def matrix(self, X: Any) -> sparse.csr_array:
        """Return the TF-IDF weights of texts and terms.

        Args:
            X: texts.
        """
        check_is_fitted(self)
        return sparse.csr_array(self.vectorizer_.transform(_texts(X)))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the class of each text.

        Args:
            X: texts.
        """
        matrix = self.matrix(X)
        return np.asarray(self.regression_.predict(matrix))

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class for each text.

        Args:
            X: texts.
        """
        matrix = self.matrix(X)
        return np.asarray(self.regression_.predict_proba(matrix))

    def top_terms(self, X: Any, n: int = 10) -> list[list[tuple[str, float]]]:
        """Return the terms of each text that weigh most, the heaviest first.

        Args:
            X: texts.
            n: of each text, fewer where it has fewer.
        """
        return _heaviest(self.matrix(X), self.vectorizer_.get_feature_names_out(), n)

    def class_terms(self, n: int = 10) -> dict[Any, list[tuple[str, float]]]:
        """Return the terms that speak most for each class, with their weights in the regression.

        Args:
            n: of each class.
        """
        check_is_fitted(self)
        weights = self.regression_.coef_
        weights = np.vstack([-weights, weights]) if len(weights) == 1 else weights
        names = self.vectorizer_.get_feature_names_out()
        found = _heaviest(sparse.csr_array(np.maximum(weights, 0)), names, n)
        return dict(zip(self.classes_.tolist(), found, strict=True))


def top_terms(
    texts: Any,
    n: int = 10,
    *,
    n_grams: tuple[int, int] = (1, 1),
    stem: Callable[[str], str] | None = None,
    stop_words: Iterable[str] | None = None,
) -> list[list[tuple[str, float]]]:
    """Return the terms that tell each text from the others, by TF-IDF, the heaviest first.

    Use it to label groups of texts, or to look at a data set before anything is trained on it.

    Args:
        texts: two or more, or all terms are equally rare.
        n: terms of each text, fewer where it has fewer; equal weights stand in alphabetical order.
        n_grams: the shortest and the longest phrases that are terms.
        stem: what makes one term of several forms.
        stop_words: words that are no terms, after `stem`.

    Raises:
        InputError: when one text is given instead of several, or no term is left.

    Example:
        >>> found = top_terms(["red roses, red tulips", "red taxes"], n=2)
        >>> [[term for term, _ in one] for one in found]
        [['red', 'roses'], ['taxes', 'red']]

    Source:
        Salton and Buckley (1988), "Term-weighting approaches in automatic text retrieval",
        doi:10.1016/0306-4573(88)90021-0.
    """
    texts = _texts(texts)
    vectorizer = _vectorizer(TfidfClassifier(n_grams, stem=stem, stop_words=stop_words))
    matrix = _fitted_matrix(vectorizer, texts)
    return _heaviest(sparse.csr_array(matrix), vectorizer.get_feature_names_out(), n)


def _vectorizer(how: TfidfClassifier) -> TfidfVectorizer:
    return TfidfVectorizer(
        tokenizer=_Terms(how.stem),
        token_pattern=None,
        ngram_range=how.n_grams,
        min_df=how.min_count,
        max_df=how.max_share,
        sublinear_tf=how.sublinear,
        stop_words=None if how.stop_words is None else sorted(how.stop_words),
    )


def _texts(X: Any) -> list[str]:
    if isinstance(X, str):
        raise InputError("X must be several texts", "one", "wrap it in a list")
    texts = list(X)
    bad = next((row for row, text in enumerate(texts) if not isinstance(text, str)), None)
    if bad is not None:
        raise InputError("X must hold texts", f"{texts[bad]!r:.40} in row {bad}", "drop the row, or give ''")
    return texts


def _fitted_matrix(vectorizer: TfidfVectorizer, texts: list[str]) -> sparse.csr_matrix:
    try:
        return vectorizer.fit_transform(texts)
    except ValueError as error:
        raise InputError(
            "the texts must have terms", f"none that is left ({error})", "lower min_count, or raise max_share"
        ) from error


def _heaviest(matrix: sparse.csr_array, names: NDArray[Any], n: int) -> list[list[tuple[str, float]]]:
    """The heaviest terms of each row; those of one weight by name, as columns stand."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    terms, weights = names[matrix.indices[order]], matrix.data[order]
    starts = matrix.indptr.tolist()
    return [
        [
            (str(term), weight)
            for term, weight in zip(terms[a:b], weights[a:b].tolist(), strict=True)
            if weight
        ]
        for a, b in ((start, min(start + n, end)) for start, end in itertools.pairwise(starts))
    ]
