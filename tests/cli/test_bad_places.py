"""A full disk or a folder that cannot be written: one line, and what stood there still stands."""

import errno
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

FEW_BYTES = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
from netwright.cli import main
main()
"""
NOBODY = 65534


@pytest.fixture
def small(tmp_path):
    """A table to fit, and the options that make it short."""
    path = tmp_path / "small.csv"
    path.write_text("a,b,y\n" + "".join(f"{i},{i % 7},{i * 1.5}\n" for i in range(60)))
    return (path, "--target", "y", "--net", "mlp", "--no-references", "--time-limit", "0.5s")


@pytest.mark.parametrize("failing", [1, 3, 4, 6])
@pytest.mark.parametrize("before", ["nothing", "an older job"])
def test_a_disk_that_is_full_at_any_moment_leaves_what_was_there(
    failing, before, small, fitted, job, tmp_path, refused, monkeypatch
):
    calls, fsync = [], os.fsync

    def full(handle):
        calls.append(handle)
        if len(calls) == failing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    out = tmp_path / "new" if before == "nothing" else job
    assert "No space left on device" in refused("fit", *small, "--out", out)
    assert len(calls) == failing


def test_the_file_system_refusing_more_bytes_leaves_nothing(small, tmp_path):
    words = [sys.executable, "-c", FEW_BYTES, "fit", *small, "--out", tmp_path / "new"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done
    (line,) = done.stderr.splitlines()
    assert "File too large" in line
    assert [path.name for path in tmp_path.iterdir()] == ["small.csv"]


def test_predictions_for_a_full_disk_leave_the_older_ones(fitted, tmp_path, refused, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "p.csv").write_text("older")
    monkeypatch.setattr(os, "fsync", full)
    line = refused("predict", fitted / "job", fitted / "t.csv", "--out", tmp_path / "p.csv")
    assert "'No space left on device'; free some space or choose another folder" in line


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_full_stdout_is_one_line(fitted):
    words = [sys.executable, "-m", "netwright", "predict", fitted / "job", fitted / "t.csv"]
    with Path("/dev/full").open("w") as stdout:
        done = subprocess.run(words, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert "No space left on device" in line


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("small.csv", "the output must be a folder, got the file"),
        ("small.csv/below", "small.csv: Not a directory; choose another folder"),
        ("n" * 300, "File name too long; choose another folder"),
    ],
)
def test_a_place_that_can_hold_no_folder_is_refused_before_training(out, message, small, tmp_path, refused):
    assert message in refused("fit", *small, "--out", tmp_path / out)


@pytest.fixture
def read_only():
    """A folder with a table that everybody may read and only root may write in."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "small.csv").write_text("a,y\n" + "".join(f"{i % 11},{i * 1.5}\n" for i in range(60)))
        place.chmod(0o555)
        yield place
        place.chmod(0o755)


@contextmanager
def not_root():
    """What root runs here is run as nobody."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_folder_without_the_right_to_write_is_refused(read_only, run):
    with not_root():
        ended = run("fit", read_only / "small.csv", "--target", "y", "--out", read_only / "job")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"netwright: {read_only}: Permission denied; choose another folder")
    assert ended.err.count("\n") == 1
    assert [path.name for path in read_only.iterdir()] == ["small.csv"]


def test_a_file_without_the_right_to_read_is_refused(read_only, run):
    (read_only / "small.csv").chmod(0)
    with not_root():
        ended = run(
            "fit", read_only / "small.csv", "--target", "y", "--out", Path(tempfile.gettempdir(), "no")
        )
    assert (ended.code, ended.out) == (2, "")
    assert "small.csv must be readable, got the system's answer 'Permission denied'; check its" in ended.err
    assert ended.err.count("\n") == 1
