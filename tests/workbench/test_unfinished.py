"""Jobs that were cut short: what they keep, when they may go on, and that nothing is done twice."""

import errno
import importlib
import json
import os
import re

import numpy as np
import pandas as pd
import pytest

from netwright.core.errors import InputError, ModelError
from netwright.tabular import MLPRegressor
from netwright.training import Training
from netwright.training.callbacks.checkpoint import LAST
from netwright.training.run import Run
from netwright.workbench import FittedJob, fit, nets, resume
from netwright.workbench.call import Fingerprint, read_call


class PowerCut(BaseException):
    """Ends a job as a power cut would: nobody catches it."""


@pytest.fixture
def file(tmp_path):
    """A small table in a file."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(150, 3)), columns=list("abc")).round(3)
    table["y"] = (table.a * table.b).round(3)
    table.to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "t.csv"


def mlp(task):
    """The net of the tests that need no name on disk; it learns for a few epochs."""
    return MLPRegressor(hidden=(8,), training=Training(epochs=6, batch_size=16))


def cut_at(monkeypatch, what, error):
    """Have a stage of the job raise an error once."""
    owner, name = what
    real = getattr(owner, name)

    def cut(*given, **named):
        monkeypatch.setattr(owner, name, real)
        raise error

    monkeypatch.setattr(owner, name, cut)


def content(folder):
    """The bytes of all that a job wrote; of the report, which tells the time, only what is no time."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    told = files["report.html"].decode().replace(str(folder), "FOLDER")
    files["report.html"] = re.sub(r"[\d.,]+ (ms|s|min)\b|\d+ \w+ \d{4}, \d\d:\d\d", "TIME", told)
    return files


def test_a_job_that_is_whole_keeps_no_checkpoint(file, tmp_path):
    job = fit(file, "y", out=tmp_path / "job", model=mlp, references=False, checkpoint_every=0)
    assert job.whole
    assert sorted(path.name for path in (tmp_path / "job").iterdir()) == [
        "held_out.csv", "job.json", "model", "report.html",
    ]  # fmt: skip


def test_a_job_out_of_time_goes_on_to_what_it_would_have_been_without_a_limit(file, tmp_path):
    told = {"model": nets.mlp, "exclude": ["c"], "seed": 3}
    fit(file, "y", out=tmp_path / "whole", **told)
    short = fit(file, "y", out=tmp_path / "job", time_limit=1e-3, **told)
    assert not short.whole
    assert set(short.note.scores) == {"net"}
    assert (tmp_path / "job" / "report.html").exists()
    again = resume(tmp_path / "job", time_limit=600)
    assert again.whole
    assert content(tmp_path / "job") == content(tmp_path / "whole")


def test_the_limit_of_the_job_counts_anew(file, tmp_path):
    fit(file, "y", out=tmp_path / "job", model=nets.mlp, references=False, time_limit=1e-3)
    assert not resume(tmp_path / "job").whole
    assert (tmp_path / "job" / "checkpoint" / LAST).exists()


@pytest.mark.parametrize("net", [nets.mlp, nets.tabm])
def test_every_net_tells_that_it_was_cut_short(net, file, tmp_path):
    assert not fit(file, "y", out=tmp_path / "job", model=net, references=False, time_limit=1e-3).whole
    assert resume(tmp_path / "job", time_limit=600).whole


@pytest.mark.parametrize("stage", ["references", "save"])
def test_after_the_training_only_the_rest_is_done_again(stage, file, tmp_path, monkeypatch):
    fit(file, "y", out=tmp_path / "whole", model=nets.mlp)
    stages = importlib.import_module("netwright.workbench.stages")
    cut_at(
        monkeypatch, (stages, "fit_references") if stage == "references" else (FittedJob, "save"), PowerCut
    )
    with pytest.raises(PowerCut):
        fit(file, "y", out=tmp_path / "job", model=nets.mlp)
    monkeypatch.setattr(Run, "_one_epoch", lambda run: pytest.fail("it was trained again"))
    resume(tmp_path / "job")
    assert content(tmp_path / "job") == content(tmp_path / "whole")


def test_a_job_cut_before_its_first_checkpoint_begins_again(file, tmp_path, monkeypatch):
    fit(file, "y", out=tmp_path / "whole", model=nets.mlp, references=False)
    cut_at(monkeypatch, (Run, "train"), PowerCut)
    with pytest.raises(PowerCut):
        fit(file, "y", out=tmp_path / "job", model=nets.mlp, references=False)
    assert [path.name for path in (tmp_path / "job" / "checkpoint").iterdir()] == ["job.json"]
    resume(tmp_path / "job")
    assert content(tmp_path / "job") == content(tmp_path / "whole")


def test_ctrl_c_while_the_references_are_fitted_leaves_them_to_the_next_time(file, tmp_path, monkeypatch):
    stages = importlib.import_module("netwright.workbench.stages")
    cut_at(monkeypatch, (stages, "fit_references"), KeyboardInterrupt)
    assert not fit(file, "y", out=tmp_path / "job", model=nets.mlp).whole
    assert "gradient boosting" in resume(tmp_path / "job").note.scores


def test_a_full_disk_at_the_end_keeps_the_training_and_says_how_to_go_on(file, tmp_path, monkeypatch):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    cut_at(monkeypatch, (FittedJob, "save"), full)
    with pytest.raises(OSError, match="No space left") as raised:
        fit(file, "y", out=tmp_path / "job", model=nets.mlp, references=False)
    assert raised.value.__notes__ == [f"go on with netwright fit --resume {tmp_path / 'job'}"]
    assert resume(tmp_path / "job").whole


def cut_in_epoch(monkeypatch, number):
    """Have the power go before that epoch of the next job, once."""
    real, epochs = Run._one_epoch, []

    def one_epoch(run):
        epochs.append(run)
        if len(epochs) == number:
            raise PowerCut
        real(run)

    monkeypatch.setattr(Run, "_one_epoch", one_epoch)


@pytest.mark.parametrize("kind", ["an estimator", "a function", "a table in memory"])
def test_what_no_file_can_tell_goes_on_by_the_same_call(kind, file, tmp_path, monkeypatch):
    data = pd.read_csv(file) if kind == "a table in memory" else file
    told = {"model": mlp if kind == "a function" else mlp("regression"), "references": False}
    fit(data, "y", out=tmp_path / "whole", **told)
    cut_in_epoch(monkeypatch, 4)
    with pytest.raises(PowerCut):
        fit(data, "y", out=tmp_path / "job", checkpoint_every=0, **told)
    assert (tmp_path / "job" / "checkpoint" / LAST).exists()
    with pytest.raises(InputError, match="go on with the same call of fit, with resume=True"):
        resume(tmp_path / "job")
    fit(data, "y", out=tmp_path / "job", resume=True, **told)
    assert content(tmp_path / "job") == content(tmp_path / "whole")


@pytest.fixture
def cut(file, tmp_path):
    """The folder of a job that was cut short."""
    fit(file, "y", out=tmp_path / "job", model=nets.mlp, references=False, time_limit=1e-3)
    return tmp_path / "job"


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"target": "a"}, "target must be 'y', as when the job began, got 'a'"),
        ({"seed": 1}, "seed must be 0, as when the job began, got 1"),
        ({"exclude": ["b"]}, r"exclude must be \[\], as when the job began, got \['b'\]"),
        ({"model": nets.tabm}, "net must be 'mlp', as when the job began, got 'tabm'"),
        ({"references": True}, "references must be False"),
        ({"test_size": 0.3}, "test_size must be 0.2"),
        ({"time": "a"}, "time must be None"),
    ],
)
def test_a_call_that_says_otherwise_does_not_go_on(other, message, cut, file):
    told = {"data": file, "target": "y", "model": nets.mlp, "references": False}
    with pytest.raises(InputError, match=message):
        fit(**{**told, **other}, out=cut, resume=True)
    assert (cut / "checkpoint" / LAST).exists()


def test_other_data_are_refused_by_size_and_by_content(cut, file):
    text = file.read_text()
    file.write_text(text.replace("1", "2", 1))
    with pytest.raises(InputError, match=r"the data must be what they were.*t\.csv.*got another content"):
        resume(cut)
    file.write_text(text + "1,2,3,4\n")
    with pytest.raises(InputError, match=r"got [\d,]+ bytes in .*t\.csv; put it back, or fit again"):
        resume(cut)
    file.unlink()
    with pytest.raises(InputError, match=r"t\.csv, which does not exist"):
        resume(cut)
    file.write_text(text)
    assert not resume(cut).whole


def test_the_same_data_may_stand_elsewhere_in_python(cut, file):
    moved = file.rename(file.with_name("moved.csv"))
    told = {"model": nets.mlp, "references": False}
    assert fit(moved, "y", out=cut, resume=True, **told).whole


def test_a_finished_job_and_a_folder_without_one_are_told_apart(cut, file, tmp_path):
    resume(cut, time_limit=600)
    with pytest.raises(InputError, match="which is finished; there is nothing to resume"):
        resume(cut)
    with pytest.raises(InputError, match="without a checkpoint"):
        resume(tmp_path)
    with pytest.raises(InputError, match="out=None"):
        fit(file, "y", resume=True)


@pytest.mark.parametrize("name", ["netwright", "torch"])
def test_another_version_does_not_go_on(name, cut):
    note = cut / "checkpoint" / "job.json"
    note.write_text(json.dumps({**json.loads(note.read_text()), name: "0.0.7", "unknown": 1}))
    with pytest.raises(ModelError, match=f"the {name} that began it.*0.0.7.*install that version"):
        resume(cut)


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"target": "y"}', "\x00"])
def test_a_changed_note_is_refused(text, cut):
    (cut / "checkpoint" / "job.json").write_text(text)
    with pytest.raises(ModelError, match="must be as it was written"):
        resume(cut)


def test_a_new_call_never_goes_on_from_the_checkpoint_of_an_older_one(file, tmp_path, monkeypatch):
    """Not even when it is cut before its own first checkpoint: the older files go first."""
    fit(file, "y", out=tmp_path / "whole", model=nets.mlp, references=False, seed=5)
    fit(file, "y", out=tmp_path / "job", model=nets.mlp, references=False, time_limit=1e-3, seed=4)
    cut_at(monkeypatch, (Run, "train"), PowerCut)
    with pytest.raises(PowerCut):
        fit(file, "y", out=tmp_path / "job", model=nets.mlp, references=False, seed=5)
    resume(tmp_path / "job")
    assert content(tmp_path / "job") == content(tmp_path / "whole")


def test_a_call_that_cannot_be_learned_leaves_the_older_checkpoint_alone(cut, file):
    before = read_call(cut)
    with pytest.raises(InputError):
        fit(file, "none such", out=cut)
    assert read_call(cut) == before
    assert (cut / "checkpoint" / LAST).exists()


def test_a_training_that_fails_by_its_data_leaves_nothing(file, tmp_path):
    recipe = Training(epochs=2, learning_rate=1e30)
    with pytest.raises(InputError, match="must stay finite"):
        fit(file, "y", out=tmp_path / "job", model=MLPRegressor(training=recipe), references=False)
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_what_else_stands_in_the_folder_stays(file, tmp_path):
    place = tmp_path / "job" / "checkpoint"
    place.mkdir(parents=True)
    (place / "mine.txt").write_text("mine")
    fit(file, "y", out=tmp_path / "job", model=mlp, references=False, checkpoint_every=0)
    assert [path.name for path in place.iterdir()] == ["mine.txt"]


def test_a_table_is_known_by_names_types_values_and_order():
    table = pd.DataFrame({"a": [1, 2, 3], "b": ["x", None, "y"], "c": pd.Categorical(["u", "v", "u"])})
    same = Fingerprint.of(table)
    assert same == Fingerprint.of(table.copy())
    assert same == Fingerprint.of(table.set_index(pd.Index([7, 8, 9])))  # the index is no column
    others = [
        table.rename(columns={"a": "A"}),
        table.astype({"a": float}),
        table.assign(b=["x", "z", "y"]),
        table.iloc[::-1],
        table[["b", "a", "c"]],
        table.iloc[:2],
    ]
    found = {Fingerprint.of(other).sha256 for other in others}
    assert len(found | {same.sha256}) == len(others) + 1
