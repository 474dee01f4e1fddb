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


@pytest.fixture
def full_at(monkeypatch):
    """Has the disk be full when bytes are given to it for the n-th time, and the moments of that kind."""
    calls, fsync = [], os.fsync

    def at(failing):
        def full(handle):
            calls.append(handle)
            if len(calls) == failing:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            fsync(handle)

        monkeypatch.setattr(os, "fsync", full)
        return calls

    return at


@pytest.mark.parametrize("before", ["nothing", "an older job"])
def test_a_disk_that_is_full_before_training_leaves_what_was_there(
    before, small, job, tmp_path, refused, full_at
):
    calls = full_at(1)
    out = tmp_path / "new" if before == "nothing" else job
    assert "No space left on device" in refused("fit", *small, "--out", out)
    assert len(calls) == 1


@pytest.mark.parametrize("failing", [3, 5, 6])
@pytest.mark.parametrize("before", ["nothing", "an older job"])
def test_a_disk_that_is_full_at_the_end_leaves_what_was_there_and_what_the_job_goes_on_from(
    failing, before, small, job, tmp_path, run, full_at
):
    calls = full_at(failing)
    out = tmp_path / "new" if before == "nothing" else job
    older = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    ended = run("fit", *small, "--out", out)
    (line,) = ended.err.splitlines()
    assert (ended.code, ended.out) == (2, "")
    assert "No space left on device" in line
    assert line.endswith(f"; go on with netwright fit --resume {out}")
    assert len(calls) == failing
    now = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    checkpoint = {out / "checkpoint" / "job.json", out / "checkpoint" / "last.safetensors"}
    assert {path: data for path, data in now.items() if path not in checkpoint} == older
    ended = run("fit", "--resume", out, "--time-limit", "5m")  # there is room again
    assert (ended.code, ended.err) == (0, "")
    assert sorted(path.name for path in out.iterdir()) == ["held_out.csv", "job.json", "model", "report.html"]


def test_the_file_system_refusing_more_bytes_is_told_in_the_training_and_at_the_end(small, tmp_path):
    words = [sys.executable, "-c", FEW_BYTES, "fit", *small, "--out", tmp_path / "new"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done
    warned, line = done.stderr.splitlines()
    assert "could not be written (File too large); the one before it stays, and the run goes on" in warned
    assert warned.startswith("netwright: the checkpoint in ")
    assert "File too large" in line
    assert line.endswith(f"; go on with netwright fit --resume {tmp_path / 'new'}")
    left = [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*")) if path.is_file()]
    assert left == ["new/checkpoint/job.json", "small.csv"]


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
