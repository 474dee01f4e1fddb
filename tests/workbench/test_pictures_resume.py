"""Jobs of pictures that were cut short go on to the same bits, and only with the same pictures."""

import importlib
import re

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from netwright.cli import main
from netwright.core.errors import InputError
from netwright.training import Training
from netwright.training.callbacks.checkpoint import LAST
from netwright.training.run import Run
from netwright.vision import ConvNetClassifier
from netwright.workbench import FittedJob, fit_pictures, resume

DIGITS = load_digits()
X, y = (DIGITS.images * 15).astype(np.uint8), DIGITS.target


class PowerCut(BaseException):
    """Ends a job as a power cut would: nobody catches it."""


def lay(root, n_rows=150):
    for row in range(n_rows):
        path = root / f"digit {y[row]}" / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(X[row]).save(path)
    return root


@pytest.fixture(scope="module")
def arrays(tmp_path_factory):
    """Enough pictures that a temperature is fitted."""
    path = tmp_path_factory.mktemp("arrays") / "d.npz"
    np.savez(path, X=X[:900], y=y[:900])
    return path


def net():
    return ConvNetClassifier(training=Training(epochs=4, batch_size=64, threads=1))


def content(folder):
    """The bytes of all that a job wrote; of the report, which tells the time, only what is no time."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    told = files["report.html"].decode().replace(str(folder), "FOLDER")
    files["report.html"] = re.sub(r"[\d.,]+ (ms|s|min)\b|\d+ \w+ \d{4}, \d\d:\d\d", "TIME", told)
    return files


@pytest.fixture(scope="module")
def whole(arrays, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "job"
    job = fit_pictures(arrays, model=net(), out=out)
    assert job.model.temperature_ != 1.0
    assert not (out / "checkpoint").exists()
    return content(out)


def cut_in_epoch(monkeypatch, number):
    real, epochs = Run._one_epoch, []

    def one_epoch(run):
        epochs.append(run)
        if len(epochs) == number:
            monkeypatch.setattr(Run, "_one_epoch", real)
            raise PowerCut
        real(run)

    monkeypatch.setattr(Run, "_one_epoch", one_epoch)


def test_a_job_cut_in_the_training_goes_on_to_the_same_bits(arrays, whole, tmp_path, monkeypatch):
    told = {"model": net(), "out": tmp_path / "job", "checkpoint_every": 0.0}
    cut_in_epoch(monkeypatch, 3)
    with pytest.raises(PowerCut):
        fit_pictures(arrays, **told)
    assert (tmp_path / "job" / "checkpoint" / LAST).exists()
    assert fit_pictures(arrays, **told, resume=True).whole
    assert content(tmp_path / "job") == whole


@pytest.mark.parametrize("stage", ["references", "save"])
def test_a_job_cut_after_the_training_does_the_rest(stage, arrays, whole, tmp_path, monkeypatch):
    """Also the temperature is what it would have been, though no epoch is run again."""
    working = importlib.import_module("netwright.workbench.pictures.working")
    owner, name = (working, "fit_picture_references") if stage == "references" else (FittedJob, "save")
    real = getattr(owner, name)

    def cut(*_, **__):
        monkeypatch.setattr(owner, name, real)
        raise PowerCut

    monkeypatch.setattr(owner, name, cut)
    told = {"model": net(), "out": tmp_path / "job"}
    with pytest.raises(PowerCut):
        fit_pictures(arrays, **told)
    monkeypatch.setattr(Run, "_one_epoch", lambda run: pytest.fail("it was trained again"))
    fit_pictures(arrays, **told, resume=True)
    assert content(tmp_path / "job") == whole


@pytest.fixture
def cut(tmp_path, capsys):
    """A folder of pictures, and that of the job that a limit of time cut short."""
    lay(tmp_path / "digits")
    call = ["fit", str(tmp_path / "digits"), "--out", str(tmp_path / "job"), "--no-references"]
    with pytest.raises(SystemExit) as end:
        main([*call, "--time-limit", "0.001s", "--size", "8"])
    assert not end.value.code
    assert f"go on: netwright fit --resume {tmp_path / 'job'}" in capsys.readouterr().out
    return tmp_path / "digits", tmp_path / "job"


def test_the_command_goes_on_from_the_folder_alone(cut, capsys, tmp_path):
    folder, job = cut
    with pytest.raises(SystemExit) as end:
        main(["fit", str(folder), "--resume", str(job), "--size", "8", "--time-limit", "5m"])
    told = capsys.readouterr()
    assert (end.value.code or 0, told.err) == (0, "")
    assert "cut short" not in told.out
    assert not (job / "checkpoint").exists()
    fit_pictures(folder, out=tmp_path / "whole", references=False, size=8)
    assert (
        content(job)["model/tensors.safetensors"] == content(tmp_path / "whole")["model/tensors.safetensors"]
    )


@pytest.mark.parametrize(
    ("change", "came"),
    [
        (lambda folder: (folder / "digit 3" / "3.png").unlink(), "bytes in"),
        (
            lambda folder: (folder / "digit 3" / "3.png").rename(folder / "digit 3" / "x.png"),
            "another content",
        ),
        (lambda folder: Image.fromarray(X[3].T).save(folder / "digit 3" / "3.png"), "in .*digits"),
    ],
    ids=["one less", "another name", "other pixels"],
)
def test_other_pictures_are_refused(change, came, cut):
    folder, job = cut
    change(folder)
    with pytest.raises(InputError, match=f"the data must be what they were.*{came}"):
        resume(job)
    assert (job / "checkpoint" / LAST).exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--size", "9"], "size must be [8, 8], as when the job began, got [9, 9]"),
        (["--skip-unreadable"], "unreadable must be 'raise'"),
        (["--memory", "soon"], "--memory must be a size, got 'soon'; write 800M or 4G"),
        (["--seed", "1"], "seed must be 0"),
    ],
)
def test_words_that_contradict_what_the_job_was_told_are_refused(words, message, cut, capsys):
    with pytest.raises(SystemExit) as end:
        main(["fit", "--resume", str(cut[1]), *words])
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_words_for_pictures_beside_a_table_are_refused(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("a,y\n1,2\n")
    with pytest.raises(SystemExit):
        main(["fit", str(tmp_path / "t.csv"), "--target", "y", "--memory", "4G"])
    assert "options beside tables must be ones for tables, got --memory" in capsys.readouterr().err
