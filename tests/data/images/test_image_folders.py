import numpy as np
import pandas as pd
import pytest
from PIL import Image

from netwright.core.errors import ImageError
from netwright.data import read_image_folder, read_image_table, read_images


@pytest.fixture
def folder(tmp_path):
    for name in ("cat/b.png", "cat/a.JPG", "dog/young/1.png", "dog/notes.txt", "dog/.hidden.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".txt":
            path.write_text("no picture")
        else:
            Image.new("RGB", (6, 5), (200, 10, 10)).save(path)
    return tmp_path


def test_folders_are_classes_and_files_come_by_name(folder):
    paths, labels = read_image_folder(folder)
    assert [str(path.relative_to(folder)) for path in paths] == ["cat/a.JPG", "cat/b.png", "dog/young/1.png"]
    assert labels.tolist() == ["cat", "cat", "dog"]
    assert read_images(paths).shape == (3, 3, 5, 6)


def refused(folder, told):
    with pytest.raises(ImageError, match=told):
        read_image_folder(folder)


def test_folders_that_are_not_classes_of_pictures_are_refused(folder, tmp_path_factory):
    (folder / "empty").mkdir()
    refused(folder, "every class folder of .* must hold a picture, got none in 'empty'")
    (folder / "empty").rmdir()
    (folder / "loose.png").touch()
    refused(folder, "must lie in the folder of its class, got 'loose.png' beside the folders")
    refused(folder / "cat", "must hold a folder for each class, got 2 files and no folder")
    refused(folder / "nowhere", "must be a folder, got nothing of that name")
    refused(folder / "loose.png", "must be a folder, got a file")
    split = tmp_path_factory.mktemp("split")
    for part in ("train", "test"):
        (split / part).mkdir()
    refused(split, "must be classes, got 'test', 'train', the parts of a split")


def test_a_table_names_files_from_its_own_folder(folder):
    table = pd.DataFrame({"file": ["cat/b.png", "dog/young/1.png"], "age": [3.5, 1.0]})
    table.to_csv(folder / "all.csv", index=False)
    paths, labels = read_image_table(folder / "all.csv", "file", "age")
    assert paths == [folder / "cat/b.png", folder / "dog/young/1.png"]
    assert np.array_equal(labels, [3.5, 1.0])
    absolute = table.assign(file=[str(folder / name) for name in table.file])
    assert read_image_table(absolute, "file") == (paths, None)


@pytest.mark.parametrize(
    ("rows", "columns", "told"),
    [
        ({"file": ["cat/b.png"]}, ("path", None), "must have the columns asked for, got no 'path'"),
        ({"file": ["cat/b.png"]}, ("file", "kind"), "must have the columns asked for, got no 'kind'"),
        (
            {"file": ["cat/b.png", None], "n": 1},
            ("file", None),
            "must have a value of 'file', got none in row 2",
        ),
        (
            {"file": ["cat/b.png", "cat/c.png"]},
            ("file", None),
            r"row 2 of .* must name a file, got .*cat/c\.png",
        ),
        (
            {"file": ["cat/b.png", "cat/a.JPG"], "kind": [1, None]},
            ("file", "kind"),
            "must have a value of 'kind', got none in row 2",
        ),
    ],
)
def test_a_table_with_something_missing_is_refused(folder, rows, columns, told):
    pd.DataFrame(rows).to_csv(folder / "all.csv", index=False)
    with pytest.raises(ImageError, match=told):
        read_image_table(folder / "all.csv", *columns)
