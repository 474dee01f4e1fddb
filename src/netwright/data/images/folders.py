"""Pictures by their files: a folder for each class, or a table of paths."""

from pathlib import Path
from typing import Any

import numpy as np

from netwright.core.errors import ImageError
from netwright.data.readers import read_frame
from netwright.data.wording import listed, shown

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".pgm", ".tif", ".tiff", ".webp")
PARTS = {"train", "training", "test", "testing", "val", "valid", "validation", "dev"}


def read_image_folder(folder: str | Path) -> tuple[list[Path], np.ndarray]:
    """Return the pictures of a folder that has a folder for each class, and their classes.

    Pictures are known by their suffix, at any depth below the folder of their class; hidden files and all
    others are passed over. The order is that of the names.

    Args:
        folder: whose folders are the classes.

    Raises:
        ImageError: naming the folder: when it is missing or holds no folders, when pictures lie beside the
            folders, when a class has no picture, or when the folders are the parts of a split.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("cat/1.png", "cat/2.png", "dog/1.png"):
        ...     (folder / name).parent.mkdir(exist_ok=True)
        ...     (folder / name).touch()
        >>> paths, labels = read_image_folder(folder)
        >>> [path.name for path in paths], labels.tolist()
        (['1.png', '2.png', '1.png'], ['cat', 'cat', 'dog'])
    """
    root = Path(folder)
    if not root.is_dir():
        came = "a file" if root.exists() else "nothing of that name"
        raise ImageError(
            f"{root} must be a folder", came, "name the folder that holds the folders of classes"
        )
    entries = sorted(entry for entry in root.iterdir() if not entry.name.startswith("."))
    classes = [entry for entry in entries if entry.is_dir()]
    if not classes:
        came = f"{len(entries)} files and no folder"
        raise ImageError(f"{root} must hold a folder for each class", came, "sort the pictures by class")
    if {entry.name.lower() for entry in classes} <= PARTS:
        came = f"{listed(entry.name for entry in classes)}, the parts of a split"
        mend = f"read each part by itself, such as {classes[0]}"
        raise ImageError(f"the folders of {root} must be classes", came, mend)
    if loose := [entry for entry in entries if _is_picture(entry)]:
        came = f"{listed(entry.name for entry in loose)} beside the folders"
        raise ImageError(f"every picture in {root} must lie in the folder of its class", came, "move it")
    found = {entry.name: sorted(filter(_is_picture, entry.rglob("*"))) for entry in classes}
    if empty := [name for name, paths in found.items() if not paths]:
        came = f"none in {listed(empty)}"
        mend = f"fill or remove that folder; pictures end in {', '.join(SUFFIXES)}"
        raise ImageError(f"every class folder of {root} must hold a picture", came, mend)
    labels = np.repeat(np.array(list(found), dtype=str), [len(paths) for paths in found.values()])
    return [path for paths in found.values() for path in paths], labels


def read_image_table(
    table: Any, image_column: str, label_column: str | None = None
) -> tuple[list[Path], np.ndarray | None]:
    r"""Return the pictures that a table names, and their labels.

    Args:
        table: path of a CSV or any other file that `read_frame` reads, or a frame. Paths that are not
            absolute start in the folder of the file, or for a frame in the current one.
        image_column: name of the column of paths.
        label_column: name of the column of labels, classes or numbers; None for none.

    Raises:
        ImageError: naming the column or the row: when the column, a path, a file or a label is missing.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "a.png").touch()
        >>> _ = (folder / "all.csv").write_text("file,kind\na.png,cat\n")
        >>> paths, labels = read_image_table(folder / "all.csv", "file", "kind")
        >>> paths[0].name, labels.tolist()
        ('a.png', ['cat'])
    """
    is_file = isinstance(table, (str, Path))
    frame, root = (read_frame(Path(table)), Path(table).parent) if is_file else (table, Path())
    name = str(table) if is_file else "the table"
    for column in (image_column, label_column):
        if column is not None and column not in frame.columns:
            came = f"no {shown(column)}"
            raise ImageError(
                f"{name} must have the columns asked for", came, f"it has {listed(frame.columns)}"
            )
        if column is not None and (gaps := np.flatnonzero(frame[column].isna())).size:
            came = f"none in row {gaps[0] + 1}"
            raise ImageError(
                f"every row of {name} must have a value of {shown(column)}", came, "fill it, or leave it out"
            )
    paths = [root / str(path) for path in frame[image_column]]
    for row, path in enumerate(paths, 1):
        if not path.is_file():
            mend = f"check the spelling; paths start in {root.absolute()}"
            raise ImageError(f"row {row} of {name} must name a file", f"{path}, which is none", mend)
    return paths, None if label_column is None else frame[label_column].to_numpy()


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
