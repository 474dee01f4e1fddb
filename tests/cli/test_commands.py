"""What each command prints, and the code it ends with."""

import io
import json
import re
import subprocess
import sys
import warnings

import pandas as pd
import pytest

import netwright
from netwright.cli import main
from netwright.cli.app import COMMANDS
from netwright.cli.fit import read_seconds

NAMES = [line.split()[0] for line in COMMANDS.strip().splitlines()]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_every_command_explains_itself(name, flag, run):
    ended = run(name, flag)
    assert (ended.code, ended.err) == (0, "")
    assert f"Usage: netwright {name}" in ended.out


def test_the_help_lists_every_command_with_its_line(run):
    ended = run("--help")
    assert (ended.code, ended.err) == (0, "")
    for line in COMMANDS.strip().splitlines():
        assert all(word in ended.out for word in line.split())


def test_without_words_the_help_is_shown_and_nothing_succeeds(run):
    ended = run()
    assert ended.code == 2
    assert "Usage: netwright" in ended.out


def test_the_version_is_printed(run):
    assert run("--version").out == f"{netwright.__version__}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["bogus"], "No such command 'bogus'; netwright --help lists what there is"),
        (["--bogus"], "No such option: --bogus; netwright --help"),
        (["fit", "a.csv", "--tragt", "y"], "No such option: --tragt"),
        (["fit", "a.csv"], "Missing option '--target'; netwright fit --help lists what there is"),
        (["fit", "--target", "y"], "Missing argument 'file'; netwright fit --help"),
        (["fit", "a.csv", "--target", "y", "--net", "resnet"], "'resnet' is not one of 'tabm', 'mlp'"),
        (["fit", "a.csv", "--target", "y", "--task", "clustering"], "'clustering' is not one of 'auto'"),
        (["fit", "a.csv", "--target", "y", "--seed", "x"], "Invalid value for '--seed'"),
        (["fit", "a.csv", "--target", "y", "--seed", "-1"], "Invalid value for '--seed'"),
        (["fit", "a.csv", "--target", "y", "--seed", str(2**32)], "Invalid value for '--seed'"),
        (["fit", "a.csv", "--target"], "--target"),
        (["info"], "Missing argument 'folder'; netwright info --help"),
        (["info", "a", "b"], "unexpected extra argument"),
        (["predict", "a"], "Missing argument 'file'; netwright predict --help"),
    ],
)
def test_words_that_make_no_command_are_refused_by_one_line(words, message, refused):
    assert message in refused(*words)


def test_python_m_netwright_is_the_command():
    for words, code in ((["--version"], 0), (["info", "nowhere"], 2)):
        done = subprocess.run(
            [sys.executable, "-m", "netwright", *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done
        assert len(done.stderr.splitlines()) == (1 if code else 0)
        assert "Traceback" not in done.stderr


def test_fit_prints_scores_and_places_and_writes_the_folder(fitted, tmp_path, run):
    out = tmp_path / "job"
    ended = run("fit", fitted / "t.csv", "--target", "y", "--net", "mlp", "--no-references", "--out", out)
    assert (ended.code, ended.err) == (0, "")  # no warning, and no progress where nobody watches
    assert all(word in ended.out for word in ("held-out rows", "ROC AUC", "Log loss", f"{out}/report.html"))
    assert sorted(path.name for path in out.iterdir()) == ["held_out.csv", "job.json", "model", "report.html"]


def test_without_out_the_folder_is_named_after_the_file(fitted, tmp_path, run, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = run(
        "fit", fitted / "t.csv", "--target", "number", "--exclude", "y", "--net", "selu", "--no-references",
        "--time-limit", "0.5s", "--quiet",
    )  # fmt: skip
    assert (ended.code, ended.err) == (0, "")
    assert (tmp_path / "runs" / "t" / "report.html").exists()
    assert "R2" in ended.out


def test_predictions_on_stdout_are_a_table_and_the_same_as_in_a_file(fitted, tmp_path, run):
    ended = run("predict", fitted / "job", fitted / "t.csv")
    assert (ended.code, ended.err) == (0, "")
    printed = pd.read_csv(io.StringIO(ended.out))
    assert len(printed) == 80
    assert set(printed["prediction"]) <= {"yes", "no"}
    for name in ("p.csv", "p.tsv", "p.jsonl", "p.csv.gz", "p.parquet"):
        told = run("predict", fitted / "job", fitted / "t.csv", "--out", tmp_path / name)
        assert told.out == f"80 predictions in {tmp_path / name}\n"
    assert (tmp_path / "p.csv").read_text() == ended.out
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "p.tsv", sep="\t"), printed)
    pd.testing.assert_frame_equal(pd.read_json(tmp_path / "p.jsonl", lines=True), printed, rtol=1e-6)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "p.csv.gz"), printed)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "p.parquet"), printed, check_dtype=False)


def test_evaluate_prints_the_loss_and_the_scores(fitted, run):
    plain, machine = run("evaluate", fitted / "job", fitted / "t.csv"), run(
        "evaluate", fitted / "job", fitted / "t.csv", "--json"
    )  # fmt: skip
    assert (plain.code, plain.err, machine.code, machine.err) == (0, "", 0, "")
    found = json.loads(machine.out)
    assert next(iter(found)) == "loss"
    assert f"{found['roc_auc']:.4f}" in plain.out
    assert len(plain.out.splitlines()) == len(found)


def test_scores_that_are_not_defined_are_null_and_nan(fitted, tmp_path, table, run):
    table[table.y == "yes"].to_csv(tmp_path / "one.csv", index=False)
    machine = run("evaluate", fitted / "job", tmp_path / "one.csv", "--json")
    assert (machine.code, machine.err) == (0, "")
    assert json.loads(machine.out)["roc_auc"] is None
    assert "nan" in run("evaluate", fitted / "job", tmp_path / "one.csv").out


def test_info_says_what_the_model_is(fitted, run):
    plain, machine = run("info", fitted / "job"), run("info", fitted / "job", "--json")
    facts = dict(line.split(maxsplit=1) for line in plain.out.splitlines())
    assert facts["target"] == "y"
    assert facts["classes"] == "no, yes"
    assert facts["columns"] == "number, word, day, flag"
    note = json.loads(machine.out)
    assert (note["target"], note["n_rows"], list(note["left_out"])) == ("y", 80, ["key"])
    assert "hidden" in note["known"]


def test_the_compendium_is_searched(run):
    ended = run("compendium", "no-such-technique-anywhere")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "no technique of that name; netwright compendium lists them all\n"


def test_a_job_that_is_interrupted_before_it_has_something_says_so(refused, fitted, run, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("netwright.workbench.fit", interrupted)
    ended = run("fit", fitted / "t.csv", "--target", "y")
    assert (ended.code, ended.out, ended.err) == (130, "", "netwright: interrupted; nothing was written\n")


def test_memory_that_does_not_suffice_is_one_line(fitted, refused, monkeypatch):
    def greedy(*_, **__):
        raise MemoryError

    monkeypatch.setattr("netwright.workbench.predict", greedy)
    line = refused("predict", fitted / "job", fitted / "t.csv")
    assert "the memory does not suffice; use fewer rows or columns" in line


def test_warnings_for_programmers_stay_off_the_screen(fitted, capfd, monkeypatch):
    def warned(*_, **__):
        warnings.warn("internal", RuntimeWarning, stacklevel=1)
        return pd.DataFrame({"prediction": [1]})

    monkeypatch.setattr("netwright.workbench.predict", warned)
    monkeypatch.setattr(warnings, "showwarning", lambda *shown: pytest.fail(str(shown)))
    with pytest.raises(SystemExit) as end:
        main(["predict", str(fitted / "job"), str(fitted / "t.csv")])
    assert not end.value.code
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), ("1h", 3600), ("0.5", 0.5)]
)
def test_times_are_read_with_and_without_units(text, seconds):
    assert read_seconds(text) == seconds


def test_a_time_limit_ends_the_training_and_everything_is_written(tmp_path, run):
    rows = pd.DataFrame({"a": range(8000), "b": [i * 7919 % 1000 for i in range(8000)]})
    rows.assign(y=rows.b % 10 + 0.5).to_csv(tmp_path / "t.csv", index=False)
    words = ("--time-limit", "1s", "--out", tmp_path / "job")
    ended = run("fit", tmp_path / "t.csv", "--target", "y", *words)
    assert (ended.code, ended.err) == (0, "")
    report = (tmp_path / "job" / "report.html").read_text()
    assert re.search(r"the time limit of [\d.e-]+ seconds was reached", report)
    assert run("predict", tmp_path / "job", tmp_path / "t.csv").code == 0
