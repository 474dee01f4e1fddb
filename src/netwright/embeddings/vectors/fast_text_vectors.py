"""Vectors in fastText's own format, which gives words that were never seen a vector too."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, final

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError
from netwright.data import Vocabulary
from netwright.data.fast_text.averaging import mean_rows
from netwright.data.fast_text.reading import read_tables
from netwright.data.fast_text.subwords import Subwords
from netwright.data.fast_text.tables import NEGATIVES, SKIP_GRAM, FastTextSettings, FastTextTables
from netwright.data.fast_text.writing import write_tables
from netwright.embeddings.vectors.unseen import near_any_words
from netwright.embeddings.vectors.word_vectors import WordVectors

if TYPE_CHECKING:
    from netwright.embeddings.words.fast_text import FastText

RATE_EVERY = 100
"""What fastText's program writes where nothing else was asked for."""


@final
class FastTextVectors:
    """Vectors of words and of their n-grams, as fastText's program keeps them: any word has a vector.

    `read_fasttext` gives one. Where an estimator asks for `WordVectors`, give it `vectors`.

    Args:
        tables: as they stand in a file.

    Example:
        >>> import tempfile
        >>> from netwright.embeddings import FastText, read_fasttext, write_fasttext
        >>> how = Subwords(buckets=1000)
        >>> texts = ["cats and dogs"] * 20
        >>> model = FastText(width=8, subwords=how, min_count=1, epochs=1, random_state=0).fit(texts)
        >>> file = Path(tempfile.mkdtemp()) / "pets.bin"
        >>> write_fasttext(model, file)
        >>> bool((read_fasttext(file)["doggy"] == model.vectors_of(["doggy"])[0]).all())
        True

    Source:
        Bojanowski, Grave, Joulin and Mikolov (2017), "Enriching Word Vectors with Subword Information",
        arXiv:1607.04606
    """

    def __init__(self, tables: FastTextTables) -> None:
        self.tables = tables

    @cached_property
    def vectors(self) -> WordVectors:
        """Of the known words, in the order of the file; most frequent first."""
        starts, rows = self.tables.parts_of(self.tables.words)
        words = [one.decode("utf-8", "backslashreplace") for one in self.tables.words]
        return WordVectors(Vocabulary(words, self.tables.counts), mean_rows(self.tables.inputs, rows, starts))

    @property
    def subwords(self) -> Subwords:
        """Which n-grams words have."""
        return self.tables.settings.subwords

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return self.tables.settings.width

    @property
    def labels(self) -> list[str]:
        """Of a supervised model, as they stand in the file; else none."""
        return [one.decode("utf-8", "backslashreplace") for one in self.tables.labels]

    def __sklearn_clone__(self) -> Self:
        """Nothing changes them, so that clones of an estimator share them."""
        return self

    def __len__(self) -> int:
        return len(self.tables.words)

    def __contains__(self, word: object) -> bool:
        """Whether a word was seen, and not only its n-grams."""
        return word in self.vectors

    def __getitem__(self, words: str | Sequence[str]) -> NDArray[np.float32]:
        rows = self.vectors_of([words] if isinstance(words, str) else list(words))
        return rows[0] if isinstance(words, str) else rows

    def vectors_of(self, words: list[str]) -> NDArray[np.float32]:
        """Return the vectors of any words, as fastText's program gives them, to the last bit.

        A known word is the mean of its own vector and those of its n-grams, an unknown one that of its
        n-grams; zeros where it has none.

        Args:
            words: any.

        Returns:
            (words, width).

        Raises:
            UnknownWordError: where the model has no n-grams, names words that are not known.
        """
        if not self.subwords.longest:
            self.vectors.vocabulary.ids(words)
        starts, rows = self.tables.parts_of([self._as_written(word) for word in words])
        return mean_rows(self.tables.inputs, rows, starts)

    def similarity(self, one: str, other: str) -> float:
        """Return the cosine between two words, known or not.

        Args:
            one: word.
            other: word.
        """
        a, b = self.vectors_of([one, other])
        return float(a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-30))

    def most_similar(self, positive: Any, negative: Any = (), n: int = 10) -> list[tuple[str, float]]:
        """Return the nearest known words, as `WordVectors.most_similar` does; any word may be asked with.

        Args:
            positive: words or vectors.
            negative: words or vectors that are taken away.
            n: at most so many.
        """
        return near_any_words(self.vectors, self.vectors_of, positive, negative, n)

    def _as_written(self, word: str) -> bytes:
        """The bytes of a word in the file, also where they are no UTF-8."""
        row = self.vectors.vocabulary.get(word)
        return word.encode() if row is None else self.tables.words[row]


def read_fasttext(path: str | Path) -> FastTextVectors:
    """Return the vectors of a model that fastText's program or gensim's `save_facebook_model` wrote.

    All numbers are taken bit for bit, and vectors of words, known or not, are those of fastText's program to
    the last bit. Supervised models are read too; `netwright.text.read_fasttext_classifier` gives one that
    predicts.

    Args:
        path: of a .bin, or of a .ftz, whose tables are codes.

    Raises:
        ModelError: when the file is none of these, or was cut or changed.

    Example:
        >>> read_fasttext("nowhere.bin")
        Traceback (most recent call last):
        netwright.core.errors.ModelError: path must be a model of fastText, got nowhere.bin, where no file ...

    Source:
        Bojanowski, Grave, Joulin and Mikolov (2017), "Enriching Word Vectors with Subword Information",
        arXiv:1607.04606 (the format of its program)
    """
    return FastTextVectors(read_tables(path))


def write_fasttext(model: "FastText | FastTextVectors", path: str | Path) -> None:
    """Write a .bin that fastText's program and gensim's `load_facebook_model` read, whole or not at all.

    What they read are the same tables bit for bit. FastText's program gives the same vectors to the last bit;
    gensim divides by the number of n-grams, where fastText multiplies by its rounded inverse, and may differ
    by that rounding.

    Args:
        model: a fitted `FastText`, or what `read_fasttext` gave.
        path: of the file.

    Raises:
        InputError: when a word holds a zero byte, which ends a word in these files.
        ModelError: when the vectors were read from codes.

    Example:
        >>> import tempfile
        >>> from netwright.embeddings import FastText
        >>> how = Subwords(buckets=100)
        >>> model = FastText(width=4, subwords=how, min_count=1, epochs=1, random_state=0)
        >>> file = Path(tempfile.mkdtemp()) / "pets.bin"
        >>> write_fasttext(model.fit(["cats and dogs"] * 20), file)
        >>> len(read_fasttext(file))
        3

    Source:
        Bojanowski, Grave, Joulin and Mikolov (2017), "Enriching Word Vectors with Subword Information",
        arXiv:1607.04606 (the format of its program)
    """
    write_tables(model.tables if isinstance(model, FastTextVectors) else _tables_of(model), path)


def _tables_of(model: "FastText") -> FastTextTables:
    from sklearn.utils.validation import check_is_fitted

    from netwright.embeddings.words.outputs import NegativeSampling

    check_is_fitted(model)
    vocabulary, how = model.vectors_.vocabulary, model.subwords
    has_ngrams = how.longest >= max(1, how.shortest)
    if len(model.own_) != len(vocabulary) or len(model.ngrams_) != how.buckets:
        raise InputError("subwords must be those of the fit", str(how), "fit again, or set them back")
    settings = FastTextSettings(
        model.own_.shape[1], model.window, model.epochs, model.min_count, NegativeSampling().n, 1, NEGATIVES,
        SKIP_GRAM, how.buckets if has_ngrams else 0, how.shortest if has_ngrams else 0,
        how.longest if has_ngrams else 0, RATE_EVERY, model.subsample,
    )  # fmt: skip
    inputs = np.concatenate([model.own_, model.ngrams_]) if has_ngrams else model.own_
    return FastTextTables(
        settings, [word.encode() for word in vocabulary.words], vocabulary.counts, [], np.empty(0, np.int64),
        int(vocabulary.counts.sum()), None, inputs, model.contexts_,
    )  # fmt: skip
