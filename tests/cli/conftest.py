"""The command line as it is used: words in; exit code, stdout and stderr out."""

import shutil
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from netwright.cli import main


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys):
    """Runs a command in this process."""

    def command(*words):
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Ended(end.value.code or 0, out, err)

    return command


@pytest.fixture
def refused(run, tmp_path):
    """Runs a command that must be refused by one line and leave everything as it was; returns the line."""

    def command(*words):
        before = snapshot(tmp_path)
        ended = run(*words)
        assert ended.code == 2, ended
        assert ended.out == ""
        (line,) = ended.err.splitlines()
        assert line.startswith("netwright: ")
        assert "; " in line, f"no remedy in {line!r}"
        assert "Traceback" not in line
        assert len(line) < 600
        assert snapshot(tmp_path) == before
        return line

    return command


@pytest.fixture(scope="session")
def fitted(tmp_path_factory):
    """A folder with a table of every kind of column, t.csv, and the job that was fitted to it, job."""
    from netwright.workbench import fit, nets

    folder = tmp_path_factory.mktemp("fitted")
    all_kinds().to_csv(folder / "t.csv", index=False)
    fit(
        str(folder / "t.csv"), "y", out=folder / "job", model=nets.mlp, references=False, exclude=["hidden"],
        time_limit=5,
    )  # fmt: skip
    return folder


@pytest.fixture
def job(fitted, tmp_path):
    """A copy of the fitted job, to be spoilt."""
    shutil.copytree(fitted / "job", tmp_path / "job")
    return tmp_path / "job"


@pytest.fixture
def table():
    """The table that the job was fitted to."""
    return all_kinds()


def all_kinds():
    i = np.arange(80)
    number = np.where(i % 9 == 0, np.nan, i * 0.5)
    return pd.DataFrame({
        "key": [f"k{row}" for row in i],
        "number": number,
        "word": np.array(["red", "green", "blue"])[i % 3],
        "day": [f"2020-{row % 12 + 1:02d}-{row % 28 + 1:02d}" for row in i],
        "flag": i % 2 == 0,
        "hidden": i % 5,
        "y": np.where((i * 7) % 80 > 40, "yes", "no"),
    })  # fmt: skip


def snapshot(folder):
    """Names, kinds and bytes of everything below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }
