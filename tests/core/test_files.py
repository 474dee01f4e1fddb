import errno
from pathlib import Path

import pytest

from netwright.core.errors import InputError
from netwright.core.files import atomic_folder, atomic_path, check_folder, write_atomically


def test_a_file_whose_writing_fails_leaves_the_old_one_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write_atomically(path, "old")
    with pytest.raises(OSError, match="full"), atomic_path(path) as beside:
        beside.write_text("ne")
        raise OSError(errno.ENOSPC, "disk full")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_whose_writing_fails_leaves_the_old_one_and_nothing_else(tmp_path):
    folder = tmp_path / "job"
    with atomic_folder(folder) as beside:
        (beside / "a.txt").write_text("old")
    with pytest.raises(OSError, match="full"), atomic_folder(folder) as beside:
        (beside / "a.txt").write_text("new")
        raise OSError(errno.ENOSPC, "disk full")
    assert (folder / "a.txt").read_text() == "old"
    assert list(tmp_path.iterdir()) == [folder]


def test_entries_replace_their_namesakes_and_leave_others_alone(tmp_path):
    folder = tmp_path / "job"
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "stale").write_text("stale")
    (folder / "notes.txt").write_text("mine")
    with atomic_folder(folder) as beside:
        (beside / "model").mkdir()
        (beside / "model" / "fresh").write_text("fresh")
    assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*")) == [
        "model",
        "model/fresh",
        "notes.txt",
    ]


def test_a_marked_folder_is_replaced_whole_but_a_foreign_one_is_refused(tmp_path):
    folder = tmp_path / "model"
    for text in ("one", "two"):
        with atomic_folder(folder, marker="mark") as beside:
            (beside / "mark").write_text(text)
    assert (folder / "mark").read_text() == "two"
    foreign = tmp_path / "photos"
    foreign.mkdir()
    (foreign / "cat.png").write_text("cat")
    with pytest.raises(InputError, match="name another folder"), atomic_folder(foreign, marker="mark"):
        pytest.fail("the block must not run")
    assert (foreign / "cat.png").exists()


def test_a_file_in_the_place_of_the_folder_is_refused_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="must be a folder"):
        check_folder(tmp_path / "file")
    with pytest.raises(OSError, match=r"file|Not a directory"):
        check_folder(tmp_path / "file" / "inside")


def test_written_files_have_the_usual_permissions(tmp_path):
    (tmp_path / "plain").write_text("")
    write_atomically(tmp_path / "ours", b"")
    with atomic_folder(tmp_path / "folder"):
        pass
    (tmp_path / "plain_folder").mkdir()
    mode = [Path(tmp_path / name).stat().st_mode for name in ("plain", "ours", "plain_folder", "folder")]
    assert mode[0] == mode[1]
    assert mode[2] == mode[3]
