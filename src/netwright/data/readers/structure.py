"""The structure of delimited text: delimiter, header, quoting and the number of fields on every line."""

import codecs
import csv
import io
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from netwright.core.errors import TableError
from netwright.data.readers.text import UTF8_REMEDY, check_text, line_blocks, open_bytes
from netwright.data.wording import listed, shown

DELIMITERS = (",", ";", "\t", "|")
QUOTE_REMEDY = "put the field in quotation marks and double those inside it"


def guess_delimiter(head: str) -> str:
    r"""Return the delimiter that cuts the header and the lines below it into equally many fields.

    Args:
        head: the first lines of the file.

    Example:
        >>> guess_delimiter("name;price\na;1,5\nb;2,5\n")
        ';'
    """
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        rows = list(islice(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), 51))
        # the head may end within a row
        sizes = [len(row) for row in (rows[:-1] if len(rows) > 2 else rows) if row]
        if sizes and sizes[0] > 1:
            score = (sizes.count(sizes[0]) / len(sizes), sizes[0])
            if score > best_score:
                best, best_score = delimiter, score
    return best


def read_header(path: Path, head: str, delimiter: str) -> list[str]:
    r"""Return the names in the first line, after checking that they can name columns.

    Args:
        path: the file, for messages.
        head: its first lines.
        delimiter: what stands between fields.

    Raises:
        TableError: when names are lacking or come twice, or when the line holds numbers instead of names.

    Example:
        >>> read_header(Path("a.csv"), "a,b\n1,2\n", ",")
        ['a', 'b']
        >>> read_header(Path("a.csv"), "a,a\n1,2\n", ",")
        Traceback (most recent call last):
        netwright.core.errors.TableError: a.csv must give every column its own name, got 'a' twice; ...
    """
    rows = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    names = next((row for row in rows if row), [])
    check_names(path, names)
    if all(map(_is_number, names)) and any("." in name for name in names):
        came = f"numbers: {listed(names, 3)}"
        raise TableError(f"the first line of {path} must name the columns", came, "add a line of names")
    return names


def check_names(where: Path | str, names: list[Any]) -> None:
    """Raise unless every column has a name of its own.

    Args:
        where: file or table, for messages.
        names: the column names.

    Raises:
        TableError: naming the first column without a name, or the name that comes twice.

    Example:
        >>> check_names("X", ["a", ""])
        Traceback (most recent call last):
        netwright.core.errors.TableError: X must give every column a name, got none for column 2 of 2; ...
    """
    if not names:
        raise TableError(f"{where} must have at least one column", "none", "check how it was written")
    for position, name in enumerate(names, start=1):
        if not str(name).strip():
            came = f"none for column {position} of {len(names)}"
            remedy = "name it, or write the table without its index (pandas: to_csv(..., index=False))"
            raise TableError(f"{where} must give every column a name", came, remedy)
    name, count = Counter(map(str, names)).most_common(1)[0]
    if count > 1:
        came = f"{shown(name)} {'twice' if count == 2 else f'{count} times'}"
        raise TableError(f"{where} must give every column its own name", came, "rename one or leave it out")


def check_structure(path: Path, delimiter: str, n_fields: int, max_rows: int | None) -> int:
    r"""Read a delimited file once and raise at the first line that does not hold; return the rows counted.

    Every line must be UTF-8, with quotation marks that open and close a whole field, and with as many
    fields as the header. pandas would drop, shift or fill what is not so.

    Args:
        path: the file, plain or gzipped.
        delimiter: what stands between fields.
        n_fields: fields of the header.
        max_rows: stop after about so many rows; None reads all.

    Raises:
        TableError: naming the line.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("a,b,c\n1,2,3\n4,5,6,7\n")
        >>> check_structure(path, ",", 3, None)
        Traceback (most recent call last):
        netwright.core.errors.TableError: ...a.csv must have 3 fields on every line, got 4 on line 3; ...
    """
    lines = _Lines(path, ord(delimiter), n_fields)
    offset = 0
    with open_bytes(path) as stream:
        for block in line_blocks(stream):
            check_text(path, block, offset, lines.line)
            offset += len(block)
            lines.read(block)
            if max_rows is not None and lines.n_rows > max_rows + 1:
                return lines.n_rows - 1
    if lines.open_line:
        raise lines.unclosed()
    return lines.n_rows - 1  # without the header


class _Lines:
    """The state carried from block to block: whether a quotation is open, and the fields counted so far."""

    def __init__(self, path: Path, delimiter: int, n_fields: int) -> None:
        self.path, self.delimiter, self.n_fields = path, delimiter, n_fields
        self.line, self.n_rows = 1, 0
        self.open_line = 0  # line on which an open quotation began
        self.row_line, self.fields = 1, 0  # of the row that the block before left open

    def read(self, block: bytes) -> None:
        if self.line == 1:
            block = block.removeprefix(codecs.BOM_UTF8)
        if not block.endswith(b"\n"):
            block += b"\n"
        data = np.frombuffer(block, dtype=np.uint8)
        ends = np.flatnonzero(data == 10)
        cuts = np.flatnonzero(data == self.delimiter)
        row_ends = ends
        if b'"' in block or self.open_line:
            cuts, row_ends = self._outside_quotations(data, ends, cuts)
        if b"\r" in block:
            self._check_returns(data, ends)
        self._count(data, ends, cuts, row_ends)
        self.line += len(ends)

    def _outside_quotations(self, data: Any, ends: Any, cuts: Any) -> tuple[Any, Any]:
        quotes = np.flatnonzero(data == 34)
        inside = int(self.open_line > 0)
        opens = (np.arange(len(quotes)) + inside) % 2 == 0
        before = data[np.maximum(quotes - 1, 0)]
        before[quotes == 0] = 10
        boundary = (before == 10) | (before == 34) | (before == self.delimiter)
        after = data[np.minimum(quotes + 1, len(data) - 1)]
        closed = (after == 10) | (after == 13) | (after == 34) | (after == self.delimiter)
        bad = np.flatnonzero(np.where(opens, ~boundary, ~closed))
        if len(bad):
            first = bad[0]
            if opens[first]:
                raise self._broken(self.line + int(np.searchsorted(ends, quotes[first])), "within a field")
            opener = self._line_of_opener(quotes, ends, int(first))
            raise self._broken(opener, "that opens a field but does not close with it")
        if (len(quotes) + inside) % 2:
            self.open_line = self._line_of_opener(quotes, ends, len(quotes))
        else:
            self.open_line = 0
        outside_cuts = cuts[(np.searchsorted(quotes, cuts) + inside) % 2 == 0]
        return outside_cuts, ends[(np.searchsorted(quotes, ends) + inside) % 2 == 0]

    def _line_of_opener(self, quotes: Any, ends: Any, closer: int) -> int:
        if closer == 0:
            return self.open_line
        return self.line + int(np.searchsorted(ends, quotes[closer - 1]))

    def _check_returns(self, data: Any, ends: Any) -> None:
        returns = np.flatnonzero(data == 13)
        lone = returns[data[np.minimum(returns + 1, len(data) - 1)] != 10]
        if len(lone):
            line = self.line + int(np.searchsorted(ends, lone[0]))
            came = f"a lone carriage return on line {line}"
            raise TableError(f"{self.path} must end its lines with a line feed", came, UTF8_REMEDY)

    def _count(self, data: Any, ends: Any, cuts: Any, row_ends: Any) -> None:
        """Count the fields of every row that ends in this block; carry the rest."""
        starts = np.concatenate([[0], row_ends[:-1] + 1]) if len(row_ends) else np.zeros(0, dtype=np.int64)
        upto = np.searchsorted(cuts, row_ends)
        fields = np.diff(upto, prepend=0) + 1
        length = row_ends - starts - (data[np.maximum(row_ends - 1, 0)] == 13) * (row_ends > starts)
        empty = length == 0
        if len(row_ends) == 0:
            self.fields += len(cuts)
            return
        fields[0] += self.fields
        wrong = np.flatnonzero((fields != self.n_fields) & ~empty)
        if len(wrong):
            first = int(wrong[0])
            at = self.row_line if first == 0 else self.line + int(np.searchsorted(ends, starts[first]))
            raise self._ragged(int(fields[first]), at)
        self.n_rows += int((~empty).sum())
        tail = int(row_ends[-1]) + 1
        self.fields = len(cuts) - int(upto[-1])
        self.row_line = self.line + int(np.searchsorted(ends, tail))

    def _ragged(self, fields: int, line: int) -> TableError:
        remedy = "put fields that hold the delimiter in quotation marks, or mend that line"
        expected = f"{self.path} must have {self.n_fields} fields on every line"
        return TableError(expected, f"{fields} on line {line}", remedy)

    def _broken(self, line: int, how: str) -> TableError:
        expected = f"{self.path} must use quotation marks around whole fields"
        return TableError(expected, f"one on line {line} {how}", QUOTE_REMEDY)

    def unclosed(self) -> TableError:
        return self._broken(self.open_line, "that is never closed")


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True
