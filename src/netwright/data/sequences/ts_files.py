"""The .ts files of the UCR and UEA archives of time series."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from netwright.core.errors import InputError


class TsFile(NamedTuple):
    """What a .ts file holds.

    Args:
        X: (rows, time, features) where all series are as long as each other, else a list of (time, features);
            NaN where a value is missing.
        y: the label of each row as text, or a number where the file has targets; None where it has neither.
        header: what the lines that begin with @ say, by their first word in small letters.

    Example:
        >>> TsFile(np.zeros((1, 2, 1)), None, {"problemname": "none"}).header["problemname"]
        'none'
    """

    X: np.ndarray | list[np.ndarray]
    y: np.ndarray | None
    header: dict[str, str]


def read_ts(path: str | Path) -> TsFile:
    r"""Return the series and labels of a .ts file, as the UCR and UEA archives have them.

    Lines that begin with @ say what is in the file; behind @data each line is a series: its dimensions parted
    by colons, the values of each by commas, ? where one is missing, and last the label.

    Args:
        path: of the file.

    Raises:
        InputError: when it is no such file, or has time stamps, naming the line.
        OSError: when it cannot be read.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "two.ts"
        >>> _ = path.write_text("@classLabel true up down\n@data\n1,2,3:0,0,?:up\n3,2:1,1:down\n")
        >>> file = read_ts(path)
        >>> [part.shape for part in file.X], file.y.tolist()
        ([(3, 2), (2, 2)], ['up', 'down'])

    Source:
        Bagnall et al. (2018), "The UEA multivariate time series classification archive, 2018",
        arXiv:1811.00075.
    """
    path, header, parts, labels = Path(path), dict[str, str](), list[np.ndarray](), list[str]()
    started = False
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            if started:
                series, label = _series(text, _is_labelled(header), f"{path.name}, line {number}")
                parts.append(series)
                labels.append(label)
            elif text.startswith("@"):
                word, _, rest = text[1:].partition(" ")
                header[word.lower()] = rest.strip()
                started = word.lower() == "data"
            else:
                raise _wrong(f"{path.name}, line {number}", "a line before @data that is no header")
    if not parts:
        raise _wrong(path.name, "no series" if started else "no line @data")
    _check(header, parts, path.name)
    lengths = {len(part) for part in parts}
    X = np.stack(parts) if len(lengths) == 1 else parts
    if not _is_labelled(header):
        return TsFile(X, None, header)
    y = np.array(labels)
    return TsFile(X, y.astype(np.float64) if _says(header, "targetlabel") else y, header)


def _series(text: str, labelled: bool, where: str) -> tuple[np.ndarray, str]:
    if "(" in text:
        raise _wrong(where, "values with time stamps; give them without")
    dimensions, label = text.split(":"), ""
    if labelled:
        label = dimensions.pop().strip()
    try:
        columns = [
            [math.nan if value.strip() in ("?", "") else float(value) for value in dimension.split(",")]
            for dimension in dimensions
        ]
    except ValueError as error:
        raise _wrong(where, str(error)) from error
    if not columns or len({len(column) for column in columns}) > 1:
        raise _wrong(where, f"dimensions of {', '.join(str(len(column)) for column in columns)} values")
    return np.array(columns).T, label


def _check(header: dict[str, str], parts: list[np.ndarray], name: str) -> None:
    n_features = [part.shape[1] for part in parts]
    strange = next((row for row, n in enumerate(n_features) if n != n_features[0]), None)
    if strange is not None:
        raise _wrong(f"{name}, series {strange}", f"{n_features[strange]} dimensions after {n_features[0]}")
    if _says(header, "timestamps"):
        raise _wrong(name, "@timeStamps true; give values without time stamps")


def _is_labelled(header: dict[str, str]) -> bool:
    return _says(header, "classlabel") or _says(header, "targetlabel")


def _says(header: dict[str, str], word: str) -> bool:
    return header.get(word, "").lower().startswith("true")


def _wrong(where: str, came: str) -> InputError:
    return InputError(f"{where} must be as a .ts file is", came, "see netwright.data.read_ts")
