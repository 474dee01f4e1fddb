"""Vectors in the formats of word2vec (text and binary), GloVe, and fastText's .vec."""

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError
from netwright.core.files import atomic_path
from netwright.data import Vocabulary
from netwright.embeddings.vectors.word_vectors import WordVectors

BLOCK = 1 << 20


def read_word2vec(path: str | Path, *, binary: bool | None = None, limit: int | None = None) -> WordVectors:
    r"""Return vectors from a file of word2vec, gensim, GloVe or fastText's .vec.

    Numbers are taken as they stand: 32-bit ones bit for bit, decimal ones as the nearest 32-bit ones. GloVe's
    files are those of word2vec without their first line.

    Args:
        path: of the file, plain or .gz.
        binary: whether it is binary; told by its bytes when None.
        limit: so many words are read at most, the first ones; None for all.

    Raises:
        InputError: when the file is none of these, with the line that is not as the others.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "two.vec"
        >>> _ = file.write_text("2 2\ncat 1 0.5\ndog 0.25 1\n")
        >>> read_word2vec(file)["dog"].tolist()
        [0.25, 1.0]

    Source:
        Mikolov, Chen, Corrado and Dean (2013), "Efficient Estimation of Word Representations in Vector
        Space", arXiv:1301.3781 (the format of its program)
    """
    file = Path(path)
    with _opened(file) as stream:
        first = stream.readline()
        head = first.split()
        counted = len(head) == 2 and all(one.isdigit() for one in head)
        if not counted and binary:
            raise _bad(file, 1, "the first line must hold the numbers of words and columns", first)
        if counted and (binary if binary is not None else _is_binary(file, int(head[1]))):
            return _binary(stream, file, int(head[0]), int(head[1]), limit)
        return _text(stream, file, None if counted else first, int(head[1]) if counted else None, limit)


def write_word2vec(
    vectors: WordVectors, path: str | Path, *, binary: bool = True, header: bool = True
) -> None:
    r"""Write vectors in the format of word2vec, which gensim and fastText read, whole or not at all.

    Args:
        vectors: of words without white space.
        path: of the file.
        binary: whether numbers are written bit for bit; else as the shortest decimals that give them back.
        header: whether the first line tells the numbers of words and columns; GloVe's files have none.

    Raises:
        InputError: when a word holds white space, which ends a word in these files.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.txt"
        >>> write_word2vec(WordVectors(["cat"], [[0.1, 2.0]]), file, binary=False)
        >>> file.read_text()
        '1 2\ncat 0.1 2.0\n'
    """
    for word in vectors.words:
        if any(one.isspace() for one in word) or not word:
            raise InputError(
                "words in this format must have no white space", repr(word), "join their parts with _ first"
            )
    with atomic_path(Path(path)) as beside, beside.open("wb") as stream:
        if header or binary:
            stream.write(f"{len(vectors)} {vectors.width}\n".encode())
        for word, row in zip(vectors.words, vectors.vectors, strict=True):
            if binary:
                stream.write(word.encode() + b" " + row.tobytes() + b"\n")
            else:
                stream.write(f"{word} {' '.join(map(str, row))}\n".encode())


def _opened(file: Path) -> Any:
    import gzip

    if not file.is_file():
        raise InputError("path must be a file of vectors", f"{file}, where none stands", "name another one")
    return gzip.open(file) if file.suffix == ".gz" else file.open("rb", buffering=BLOCK)


def _is_binary(file: Path, width: int) -> bool:
    """Whether what follows the first word is no line of decimals."""
    with _opened(file) as stream:
        stream.readline()
        line = stream.readline()[: 64 * width]
    try:
        return len(line.decode().split()) not in (width + 1, width) and len(line.split(b" ")) != width + 1
    except UnicodeDecodeError:
        return True


def _binary(stream: BinaryIO, file: Path, n: int, width: int, limit: int | None) -> WordVectors:
    n = n if limit is None else min(n, limit)
    vectors, words = np.empty((n, width), np.float32), []
    size, data, at = 4 * width, b"", 0
    for row in range(n):
        while (space := data.find(b" ", at)) < 0 or space + 1 + size > len(data):
            more = stream.read(BLOCK)
            if not more:
                raise _bad(file, row + 2, f"the file must hold {n} words", data[at : at + 24])
            data, at = data[at:] + more, 0
        words.append(data[at:space].lstrip(b"\n"))
        vectors[row] = np.frombuffer(data, "<f4", width, space + 1)
        at = space + 1 + size
    return WordVectors(Vocabulary(_decoded(words)), vectors)


def _text(
    stream: BinaryIO, file: Path, first: bytes | None, width: int | None, limit: int | None
) -> WordVectors:
    words: list[bytes] = []
    blocks: list[NDArray[np.float32]] = []
    pending: list[bytes] = []
    line, number = first if first is not None else stream.readline(), 1 if first is not None else 2
    while line and (limit is None or len(words) < limit):
        parts = line.rstrip().split(b" ")
        width = len(parts) - 1 if width is None else width
        if width < 1 or len(parts) <= width:
            raise _bad(file, number, f"each line must hold a word and {width} numbers", line)
        words.append(b" ".join(parts[:-width]))
        pending.append(b" ".join(parts[-width:]))
        if len(pending) == 4096:
            blocks.append(_numbers(pending, width, file, number))
            pending = []
        line, number = stream.readline(), number + 1
    if pending:
        blocks.append(_numbers(pending, width or 0, file, number))
    if not blocks:
        raise _bad(file, 1, "the file must hold a word and its numbers in each line", b"")
    return WordVectors(Vocabulary(_decoded(words)), np.concatenate(blocks))


def _numbers(lines: list[bytes], width: int, file: Path, number: int) -> NDArray[np.float32]:
    try:
        return np.array(b" ".join(lines).split(b" "), np.float32).reshape(len(lines), width)
    except ValueError as error:
        raise _bad(
            file, number, f"lines must hold a word and {width} numbers", str(error).encode()
        ) from error


def _decoded(words: list[bytes]) -> list[str]:
    """Words as text; bytes that are no UTF-8 are kept apart, so that no two words become one."""
    return [one.decode("utf-8", "backslashreplace") for one in words]


def _bad(file: Path, line: int, expected: str, came: bytes) -> InputError:
    return InputError(
        f"{file.name}: {expected}", f"{came[:40]!r} at line {line}", "is it a file of word vectors?"
    )
