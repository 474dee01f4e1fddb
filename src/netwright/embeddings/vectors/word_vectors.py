"""Words with their vectors: what is near to what."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError
from netwright.data import Vocabulary


@final
class WordVectors:
    """Words and their vectors, of whatever origin.

    Args:
        vocabulary: the words, or a list of them.
        vectors: (words, width), of any kind of float; kept in 32 bits.

    Raises:
        InputError: when there is not one vector for each word, or a number is not finite.

    Example:
        >>> vectors = WordVectors(["cat", "dog", "rock"], [[1.0, 0.1], [0.9, 0.2], [0.0, 1.0]])
        >>> vectors.most_similar("cat", n=1)[0][0], vectors["rock"].tolist(), "bird" in vectors
        ('dog', [0.0, 1.0], False)
    """

    def __init__(self, vocabulary: Vocabulary | Iterable[str], vectors: Any) -> None:
        self.vocabulary = vocabulary if isinstance(vocabulary, Vocabulary) else Vocabulary(vocabulary)
        self.vectors: NDArray[np.float32] = np.ascontiguousarray(vectors, np.float32)
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.vocabulary):
            raise InputError(
                "vectors must be (words, width) with one row for each word",
                f"{self.vectors.shape} for {len(self.vocabulary)} words",
                "give as many rows as words",
            )
        if not np.isfinite(self.vectors).all():
            row = int(np.flatnonzero(~np.isfinite(self.vectors).all(1))[0])
            raise InputError(
                "vectors must be finite numbers", f"another one for {self.words[row]!r}", "drop that word"
            )

    @property
    def words(self) -> list[str]:
        """All words, in the order of their vectors."""
        return self.vocabulary.words

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return int(self.vectors.shape[1])

    @cached_property
    def normalised(self) -> NDArray[np.float32]:
        """(words, width), each of length 1; a vector of zeros stays one."""
        lengths = np.linalg.norm(self.vectors, axis=1, keepdims=True)
        out: NDArray[np.float32] = (self.vectors / np.maximum(lengths, 1e-30)).astype(np.float32)
        return out

    def __sklearn_clone__(self) -> Self:
        """Nothing changes them, so that clones of an estimator share them, however many there are."""
        return self

    def __len__(self) -> int:
        return len(self.vocabulary)

    def __contains__(self, word: object) -> bool:
        return word in self.vocabulary

    def __getitem__(self, words: str | Sequence[str]) -> NDArray[np.float32]:
        rows: NDArray[np.float32] = self.vectors[
            self.vocabulary.ids([words])[0] if isinstance(words, str) else self.vocabulary.ids(words)
        ]
        return rows

    def similarity(self, one: str, other: str) -> float:
        """Return the cosine between two words.

        Args:
            one: word.
            other: word.

        Raises:
            UnknownWordError: names words that are not there, and words of a like spelling.
        """
        a, b = self.vocabulary.ids([one, other])
        return float(self.normalised[a] @ self.normalised[b])

    def most_similar(
        self,
        positive: str | Iterable[str | NDArray[Any]] | NDArray[Any],
        negative: str | Iterable[str | NDArray[Any]] = (),
        n: int = 10,
    ) -> list[tuple[str, float]]:
        """Return the words nearest by cosine to the mean of some words minus others, as (word, cosine).

        Analogies by addition: king - man + woman is `most_similar(["king", "woman"], ["man"])`. Words that
        were asked with are left out.

        Args:
            positive: words or vectors.
            negative: words or vectors that are taken away.
            n: at most so many.

        Raises:
            UnknownWordError: names words that are not there, and words of a like spelling.
            InputError: when a vector has another width.

        Example:
            >>> vectors = WordVectors(["a", "b", "c"], [[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
            >>> vectors.most_similar(["b"], ["a"], n=1)
            [('c', 0.92388)]
        """
        plus, minus = _listed(positive), _listed(negative)
        signed = [(one, 1.0) for one in plus] + [(one, -1.0) for one in minus]
        if not signed:
            raise InputError("positive must name a word or a vector", "none", "give at least one")
        query = np.mean([sign * self._unit(one) for one, sign in signed], axis=0)
        asked = self.vocabulary.ids([one for one, _ in signed if isinstance(one, str)])
        scores = self.normalised @ (query / max(float(np.linalg.norm(query)), 1e-30)).astype(np.float32)
        scores[asked] = -np.inf
        n = max(0, min(n, len(self) - len(set(asked.tolist()))))
        best = np.argpartition(-scores, n - 1)[:n] if 0 < n < len(scores) else np.arange(len(scores))
        best = best[np.argsort(-scores[best], kind="stable")][:n]
        return [(self.words[one], round(float(scores[one]), 6)) for one in best.tolist()]

    def _unit(self, one: str | NDArray[Any]) -> NDArray[np.float32]:
        if isinstance(one, str):
            row: NDArray[np.float32] = self.normalised[self.vocabulary.ids([one])[0]]
            return row
        vector = np.asarray(one, np.float32)
        if vector.shape != (self.width,):
            raise InputError(
                f"a vector must have {self.width} numbers", str(vector.shape), "ask with one of this space"
            )
        return vector / np.float32(max(float(np.linalg.norm(vector)), 1e-30))

    def to_embedding(self, *, freeze: bool = True) -> Any:
        """Return the vectors as a layer of torch, in the order of `words`.

        Args:
            freeze: whether the layer does not learn.

        Example:
            >>> WordVectors(["a", "b"], [[1.0, 0.0], [0.0, 1.0]]).to_embedding()
            Embedding(2, 2)
        """
        import torch

        weight = torch.nn.Parameter(torch.from_numpy(self.vectors.copy()), requires_grad=not freeze)
        layer = torch.nn.Embedding(len(self), self.width, _weight=weight)
        layer.weight.requires_grad_(not freeze)
        return layer

    def save(self, folder: str | Path) -> None:
        """Write the words and vectors to a folder, whole or not at all.

        Args:
            folder: new, empty, or holding an earlier save, which is replaced.

        Raises:
            InputError: when the folder holds other things.
            OSError: when it cannot be written.

        Example:
            >>> import tempfile
            >>> folder = Path(tempfile.mkdtemp()) / "vectors"
            >>> WordVectors(["a"], [[1.0]]).save(folder)
            >>> WordVectors.load(folder)["a"].tolist()
            [1.0]
        """
        from netwright.embeddings.vectors.folders import write_vectors

        write_vectors(self.vocabulary, self.vectors, Path(folder))

    @classmethod
    def load(cls, folder: str | Path) -> "WordVectors":
        """Return what `save` wrote.

        Args:
            folder: written by `save`.

        Raises:
            ModelError: when the folder is not what was saved.
        """
        from netwright.embeddings.vectors.folders import read_vectors

        return cls(*read_vectors(Path(folder)))


def _listed(given: Any) -> list[Any]:
    if isinstance(given, str) or (isinstance(given, np.ndarray) and given.ndim == 1):
        return [given]
    return list(given)
