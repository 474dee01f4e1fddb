"""`netwright fit --resume`: after a kill -9 of the real command, and the words that may stand beside it."""

import os
import re
import signal
import subprocess
import sys
import time
import warnings

import pytest

from netwright.core.errors import CheckpointWarning


@pytest.fixture
def cut(fitted, tmp_path, run):
    """The folder of a job that a time limit cut short."""
    words = ("--net", "selu", "--no-references", "--exclude", "hidden", "--time-limit", "0.001s")
    ended = run("fit", fitted / "t.csv", "--target", "y", "--out", tmp_path / "job", *words)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith(f"\ncut short; to go on: netwright fit --resume {tmp_path / 'job'}\n")
    return tmp_path / "job"


def test_a_command_that_was_killed_goes_on_to_the_same_bits(fitted, tmp_path):
    base = [sys.executable, "-m", "netwright", "fit"]
    told = [str(fitted / "t.csv"), "--target", "y", "--seed", "7", "--checkpoint-every", "0.01s"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run([*base, *told, "--out", str(whole)], check=True, capture_output=True)
    process = subprocess.Popen([*base, *told, "--out", str(killed)])
    end = time.monotonic() + 120
    while not (killed / "checkpoint" / "last.safetensors").exists() and time.monotonic() < end:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert sorted(path.name for path in killed.iterdir()) == ["checkpoint"]
    done = subprocess.run(
        [*base, "--resume", str(killed)],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    first, second = (
        {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (whole, killed)
    )
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == ["report.html"]
    reports = [
        re.sub(r"[\d.,]+ (ms|s|min)\b|\d+ \w+ \d{4}, \d\d:\d\d", "TIME", files["report.html"].decode())
        for files in (first, second)
    ]
    assert reports[0].replace(str(whole), "FOLDER") == reports[1].replace(str(killed), "FOLDER")


def test_the_job_goes_on_from_its_folder_alone_and_then_there_is_nothing_to_resume(cut, run, refused):
    ended = run("fit", "--resume", cut, "--time-limit", "5m", "--quiet")
    assert (ended.code, ended.err) == (0, "")
    assert f"report  {cut / 'report.html'}" in ended.out
    assert "cut short" not in ended.out
    assert not (cut / "checkpoint").exists()
    line = refused("fit", "--resume", cut)
    assert line.endswith(f"got {cut}, which is finished; there is nothing to resume")


def test_a_folder_without_a_checkpoint_is_refused(tmp_path, refused):
    assert f"got {tmp_path} without a checkpoint; name the --out folder" in refused(
        "fit", "--resume", tmp_path
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--target", "number"], "target must be 'y', as when the job began, got 'number'; leave it out"),
        (["--net", "mlp"], "net must be 'self_normalising', as when the job began, got 'mlp'"),
        (["--exclude", "word"], "exclude must be ['hidden'], as when the job began, got ['word']"),
        (["--references"], "references must be False"),
        (["--seed", "1"], "seed must be 0"),
        (["--task", "regression"], "task must be 'auto'"),
        (["--checkpoint-every", "5m"], "checkpoint_every must be 60.0"),
        (["--out", "elsewhere"], "--out must be the folder that --resume names, got elsewhere"),
        (["--time-limit", "soon"], "--time-limit must be a time, got 'soon'"),
    ],
)
def test_words_that_contradict_what_the_job_was_told_are_refused(words, message, cut, refused):
    assert message in refused("fit", "--resume", cut, *words)


def test_another_file_is_refused_and_words_that_agree_are_not(cut, fitted, table, tmp_path, refused, run):
    table.head(70).to_csv(tmp_path / "other.csv", index=False)
    assert "the data must be what they were" in refused("fit", tmp_path / "other.csv", "--resume", cut)
    words = ("--target", "y", "--net", "selu", "--exclude", "hidden", "--no-references", "--out", cut)
    ended = run("fit", fitted / "t.csv", *words, "--resume", cut, "--time-limit", "5m")
    assert (ended.code, ended.err) == (0, "")


def test_a_checkpoint_that_cannot_be_written_is_one_line_on_stderr(fitted, run, monkeypatch):
    def warned(*_, **__):
        warnings.warn("the checkpoint\ncould not be written", CheckpointWarning, stacklevel=1)
        raise KeyboardInterrupt

    monkeypatch.setattr("netwright.workbench.fit", warned)
    ended = run("fit", fitted / "t.csv", "--target", "y")
    first, _ = ended.err.splitlines()
    assert first == "netwright: the checkpoint could not be written"
