"""A store of word vectors on the disk, which also answers for words that it does not hold."""

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self, final

import numpy as np
from numpy.typing import ArrayLike
from sklearn.feature_extraction.text import HashingVectorizer

from netwright.core.errors import InputError
from netwright.core.files import atomic_folder
from netwright.search.errors import IndexFolderError
from netwright.search.exact import find_exactly
from netwright.search.metric import Floats, Metric

WORDS, VECTORS, SHORTEST, LONGEST = "words.json", "vectors.npy", 3, 6
MATCHES = 3
RANDOM_SHARE, MATCHED_SHARE = 0.3, 0.7
"""Of a word that is not held; as the paper's package has them."""
N_GRAMS = 2**22
"""Places that n-grams are hashed to."""


@final
class VectorStore:
    """Vectors by word, read from the disk as they are needed; unknown words are answered by their spelling.

    Use it for large files of word vectors of which a program needs some, and where texts have typos, new
    compounds or inflections: an index or a WordVectors in memory is for many searches.

        vector(w) = row of w, or for a word that is not held
        unit(0.3 unit(mean of random vectors seeded by the n-grams of w)
             + 0.7 unit(mean of the vectors of the 3 words that share most n-grams, weighted by the share))

    Args:
        words: one a vector, each once.
        vectors: (words, width), kept as they are: a mapped array is not read.

    Raises:
        InputError: when the numbers differ, or a word stands twice.

    Example:
        >>> import tempfile
        >>> store = VectorStore(["river", "mountain"], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        >>> store.save(Path(tempfile.mkdtemp()) / "store")
        >>> store.most_similar("mountian", n=1)[0][0]
        'mountain'

    Source:
        Patel et al. (2018), "Magnitude: A Fast, Efficient Universal Vector Embedding Utility Package",
        arXiv:1810.11190.

    Differs:
        Matches are weighted by how many n-grams they share, and English prefixes and suffixes are not
        stripped; the files are .npy or safetensors and JSON instead of SQLite.
    """

    def __init__(self, words: Sequence[str], vectors: ArrayLike) -> None:
        self.words = list(words)
        self.vectors_on_disk: Any = np.asarray(vectors) if not isinstance(vectors, np.ndarray) else vectors
        if self.vectors_on_disk.ndim != 2 or len(self.vectors_on_disk) != len(self.words) or not self.words:
            raise InputError(
                "vectors must be (words, width), a row for each word",
                f"the shape {self.vectors_on_disk.shape} for {len(self.words)} words",
                "align them",
            )
        self._rows = {word: row for row, word in enumerate(self.words)}
        if len(self._rows) < len(self.words):
            twice = next(word for row, word in enumerate(self.words) if self._rows[word] != row)
            raise InputError("words must stand once", f"{twice!r} twice", "keep one vector for each")

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Open a folder that `save` wrote; its vectors stay on the disk.

        Args:
            folder: holds words.json and vectors.npy, or vectors.safetensors with a tensor "vectors".

        Raises:
            IndexFolderError: when it holds no store.
        """
        folder = Path(folder)
        try:
            words = json.loads((folder / WORDS).read_text(encoding="utf-8"))
            if (folder / VECTORS).exists():
                vectors = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
            else:
                vectors = map_safetensors(folder / "vectors.safetensors", "vectors")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IndexFolderError(
                "a store must be a folder that VectorStore.save wrote", str(folder), "name such a folder"
            ) from error
        return cls(words, vectors)

    def save(self, folder: str | Path) -> None:
        """Write the store, whole or not at all.

        Args:
            folder: new, empty, or an earlier store, which is replaced.

        Raises:
            InputError: when it holds other things.
        """
        with atomic_folder(Path(folder), marker=WORDS) as beside:
            (beside / WORDS).write_text(json.dumps(self.words, ensure_ascii=False), encoding="utf-8")
            np.save(beside / VECTORS, self.vectors_on_disk, allow_pickle=False)

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return int(self.vectors_on_disk.shape[1])

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._rows

    def __getitem__(self, word: str) -> Floats:
        vector: Floats = self.query([word])[0]
        return vector

    def query(self, words: Sequence[str]) -> Floats:
        """Return a vector for each word, held or not.

        Args:
            words: any strings but the empty one.

        Raises:
            InputError: for an empty word.
        """
        if "" in words:
            raise InputError("words must have letters", "an empty word", "leave it out")
        rows = np.array([self._rows.get(word, -1) for word in words], np.int64)
        found = np.empty((len(words), self.width), np.float32)
        held = rows >= 0
        found[held] = self.vectors_on_disk[rows[held]]
        unknown = [word for word, known in zip(words, held, strict=True) if not known]
        if unknown:
            found[~held] = self._guess(unknown)
        return found

    def most_similar(self, word: str, n: int = 10) -> list[tuple[str, float]]:
        """Return the n words of the highest cosine with a word, held or not, and the cosines.

        Args:
            word: itself is left out.
            n: how many.
        """
        query = _unit(self.query([word]))
        costs, rows = find_exactly(query, self._unit_vectors, min(n + 1, len(self)), Metric.inner_product)
        pairs = zip(rows[0].tolist(), (-costs[0]).tolist(), strict=True)
        return [(self.words[row], cosine) for row, cosine in pairs if self.words[row] != word][:n]

    @cached_property
    def _unit_vectors(self) -> Floats:
        return _unit(np.asarray(self.vectors_on_disk, np.float32))

    @cached_property
    def _spelling(self) -> tuple[HashingVectorizer, Any]:
        """How words become n-grams, and those of all words: one line of length one each."""
        hashing = HashingVectorizer(
            analyzer="char",
            ngram_range=(SHORTEST, LONGEST),
            lowercase=True,
            alternate_sign=False,
            binary=True,
            n_features=N_GRAMS,
            norm="l2",
        )
        return hashing, hashing.transform([f"<{word}>" for word in self.words]).tocsr()

    def _guess(self, words: Sequence[str]) -> Floats:
        hashing, spelled = self._spelling
        alike = (hashing.transform([f"<{word}>" for word in words]) @ spelled.T).tocsr()
        guesses = np.empty((len(words), self.width), np.float32)
        for place, word in enumerate(words):
            line = slice(alike.indptr[place], alike.indptr[place + 1])
            shares, rows = alike.data[line], alike.indices[line]
            best = np.lexsort((rows, -shares))[:MATCHES]
            guess = RANDOM_SHARE * _random_of(word, self.width)
            if len(best):
                matched = _unit(np.asarray(self.vectors_on_disk[rows[best]], np.float32))
                guess = guess + MATCHED_SHARE * _unit((shares[best] ** 2 @ matched)[None])[0]
            guesses[place] = guess
        return _unit(guesses)


def map_safetensors(file: Path, name: str) -> Floats:
    """Map one float32 tensor of a safetensors file without reading it.

    Raises:
        ValueError: when it is no such tensor.
    """
    with file.open("rb") as stream:
        size = int.from_bytes(stream.read(8), "little")
        entry = json.loads(stream.read(size))[name]
    if entry["dtype"] != "F32":
        raise ValueError(f"{name} is {entry['dtype']}, not F32")
    start = 8 + size + entry["data_offsets"][0]
    return np.memmap(file, np.dtype("<f4"), "r", start, tuple(entry["shape"]))


def _random_of(word: str, width: int) -> Floats:
    """The unit mean of the random vectors of a word's n-grams: the same word always gives the same one."""
    text = f"<{word.lower()}>"
    lengths = range(SHORTEST, LONGEST + 1)
    n_grams = [text[i : i + n] for n in lengths for i in range(len(text) - n + 1)]
    total = np.zeros(width)
    for n_gram in n_grams or [text]:
        seed = int.from_bytes(hashlib.blake2b(n_gram.encode(), digest_size=8).digest(), "little")
        total += np.random.default_rng(seed).uniform(-1, 1, width)
    mean: Floats = _unit(total[None].astype(np.float32))[0]
    return mean


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0), np.float32)
