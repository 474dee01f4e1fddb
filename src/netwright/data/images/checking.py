"""Which of many files hold no picture, before a run begins."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from netwright.core.errors import ImageError
from netwright.data.images.decoding import decode
from netwright.data.images.reading import each, threads_for


def check_images(paths: Sequence[str | Path], *, n_workers: int | None = None) -> pd.DataFrame:
    """Return the files that cannot be read as pictures, one a row: its row in `paths`, its path, its problem.

    Use it once before a long run: every file is decoded whole, so that one which breaks off is found too.

    Args:
        paths: of the pictures.
        n_workers: threads that read; None for one a processor, or one alone where files are small.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.png"
        >>> _ = path.write_text("hello")
        >>> check_images([path]).problem.item()
        '...a.png must hold a picture, got a file of no known kind; save it as PNG or JPEG'
    """
    with ThreadPoolExecutor(n_workers or threads_for(paths)) as threads:
        problems = list(each(threads, _problem_of, list(paths)))
    found = [(row, str(paths[row]), problem) for row, problem in enumerate(problems) if problem]
    return pd.DataFrame(found, columns=["row", "path", "problem"]).astype({"row": "int64"})


def _problem_of(path: str | Path) -> str:
    try:
        decode(path, size=None, channels=3, fit="stretch")
    except ImageError as error:
        return str(error)
    return ""
