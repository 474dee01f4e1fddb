"""Classifiers that fastText's program has trained, such as its finder of languages."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, softmax

from netwright.core.errors import InputError, ModelError
from netwright.data.fast_text.averaging import mean_rows
from netwright.data.fast_text.lines import rows_of_lines
from netwright.data.fast_text.reading import read_tables
from netwright.data.fast_text.tables import HIERARCHICAL, SOFTMAX, SUPERVISED, FastTextTables


@final
class FastTextFileClassifier:
    """A classifier of texts as a file of fastText's program holds it; `read_fasttext_classifier` gives one.

    It has learned already; `netwright.text.FastTextClassifier` is the one that learns. The mean of the
    vectors of a line's words, of their n-grams and of the n-grams of words tells the label: by a softmax,
    along Huffman's tree, or each label by a sigmoid of its own, whose chances need not add up to 1.

    Args:
        tables: of a supervised model.
        prefix: with which labels begin, and which is taken off.

    Raises:
        ModelError: when the model is not supervised.

    Example:
        >>> FastTextFileClassifier.predict.__name__
        'predict'

    Source:
        Joulin, Grave, Bojanowski and Mikolov (2017), "Bag of Tricks for Efficient Text Classification",
        arXiv:1607.01759

    Differs:
        Sigmoids are computed, where the program looks them up in a table of 512 steps, and chances are left
        as they are, where it adds 0.00001.
    """

    def __init__(self, tables: FastTextTables, prefix: str = "__label__") -> None:
        if tables.settings.model != SUPERVISED:
            raise ModelError(
                "the model must be a supervised one",
                "vectors of words",
                "use netwright.embeddings.read_fasttext",
            )
        self.tables, self.prefix = tables, prefix
        names = [one.decode("utf-8", "backslashreplace").removeprefix(prefix) for one in tables.labels]
        self.classes_ = np.array(names, object)

    def __sklearn_clone__(self) -> Self:
        """Nothing changes it, so that clones share it."""
        return self

    def transform(self, X: Sequence[str]) -> NDArray[np.float32]:
        """Return (texts, width): the mean vectors by which labels are told; zeros where nothing is known.

        Args:
            X: texts; words are what white space parts, as in the corpus of the training.

        Raises:
            InputError: when X is one text, or holds what is no text.
        """
        if isinstance(X, str) or not all(isinstance(text, str) for text in X):
            raise InputError("X must be texts", "one text or other things", "give a list of texts")
        starts, rows = rows_of_lines(self.tables, list(X), self.prefix)
        return mean_rows(self.tables.inputs, rows, starts)

    def predict_proba(self, X: Sequence[str]) -> NDArray[np.float64]:
        """Return (texts, classes): the chance of each label.

        Args:
            X: texts.
        """
        scores = self.transform(X).astype(np.float64) @ self.tables.outputs.T.astype(np.float64)
        if self.tables.settings.loss == HIERARCHICAL:
            return _along_tree(scores, self.tables.label_counts)
        told: NDArray[np.float64] = (
            softmax(scores, axis=1) if self.tables.settings.loss == SOFTMAX else expit(scores)
        )
        return told

    def predict(self, X: Sequence[str]) -> NDArray[Any]:
        """Return the likeliest label of each text.

        Args:
            X: texts.
        """
        likeliest: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(1)]
        return likeliest


def read_fasttext_classifier(path: str | Path, *, prefix: str = "__label__") -> FastTextFileClassifier:
    """Return a classifier that fastText's program has trained and saved.

    Args:
        path: of a .bin, or of a .ftz, whose tables are codes.
        prefix: with which labels begin, and which is taken off.

    Raises:
        ModelError: when the file is none of these, was cut or changed, or holds vectors of words alone.

    Example:
        >>> read_fasttext_classifier("nowhere.ftz")
        Traceback (most recent call last):
        netwright.core.errors.ModelError: path must be a model of fastText, got nowhere.ftz, where no file ...

    Source:
        Joulin, Grave, Bojanowski and Mikolov (2017), "Bag of Tricks for Efficient Text Classification",
        arXiv:1607.01759 (the format of its program); tables of codes: Joulin, Grave, Bojanowski, Douze,
        Jegou and Mikolov (2016), "FastText.zip: Compressing text classification models", arXiv:1612.03651
    """
    return FastTextFileClassifier(read_tables(path), prefix)


def _along_tree(scores: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Chances of labels, each told by turns along Huffman's tree, built as the program builds it."""
    n = len(counts)
    sizes = np.full(2 * n - 1, 10**15, np.int64)  # what is not there yet is larger than all
    sizes[:n] = counts
    sides, leaf, node = np.empty((n - 1, 2), np.int64), n - 1, n
    for parent in range(n - 1):
        for side in (0, 1):
            from_leaves = leaf >= 0 and sizes[leaf] < sizes[node]
            sides[parent, side] = leaf if from_leaves else node
            leaf, node = (leaf - 1, node) if from_leaves else (leaf, node + 1)
        sizes[n + parent] = sizes[sides[parent]].sum()
    logs = np.zeros((2 * n - 1, len(scores)))
    for parent in range(n - 2, -1, -1):
        for side, sign in enumerate((-1, 1)):
            logs[sides[parent, side]] = logs[n + parent] + log_expit(sign * scores[:, parent])
    told: NDArray[np.float64] = np.exp(logs[:n].T)
    return told
