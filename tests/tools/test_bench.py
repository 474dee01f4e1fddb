"""Benchmarks are found by name and take turns; one that fails is named and does not stop the others."""

import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

import bench

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two benchmarks that say their name and options, and between them one that fails."""
    (tmp_path / "benchmarks").mkdir()
    say = "import sys; print('ran', *sys.argv[1:], flush=True)"
    for name, code in {"apples": say, "broken": "raise SystemExit(3)", "cherry_pie": say}.items():
        (tmp_path / "benchmarks" / f"{name}.py").write_text(code)
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    monkeypatch.setattr(bench, "front_door", lambda: None)
    return tmp_path


def test_all_benchmarks_run_after_one_has_failed(three, capfd):
    assert bench.main([]) == 1
    said = capfd.readouterr()
    assert said.out.count("ran") == 2
    assert said.err == "bench: broken failed\n"


def test_one_benchmark_runs_by_its_name_with_its_options(three, capfd):
    assert bench.main(["cherry-pie", "--quick"]) == 0
    assert capfd.readouterr().out.splitlines()[-2:] == ["== cherry pie", "ran --quick"]


def test_an_unknown_benchmark_is_answered_with_those_there_are(three, capfd):
    assert bench.main(["tabel"]) == 2
    assert "no benchmark 'tabel'; there are: apples, broken, cherry_pie" in capfd.readouterr().err


@pytest.fixture
def frame(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import frame

    return frame


def test_competitors_take_turns_and_one_that_fails_is_left_out(frame, tmp_path, capsys):
    diary = tmp_path / "diary"
    code = f"import sys; open({str(diary)!r}, 'a').write(sys.argv[1]); print('noise'); print('{{\"n\": 1}}')"
    players = {name: [sys.executable, "-c", code, name] for name in "AB"}
    told = frame.compete({**players, "C": [sys.executable, "-c", "raise ValueError('too warm')"]}, 3)
    assert diary.read_text() == "ABABAB"
    assert told == {"A": [{"n": 1}] * 3, "B": [{"n": 1}] * 3}
    assert capsys.readouterr().out.strip() == "C was not measured: ValueError: too warm"


def test_the_clock_counts_processor_and_wall_seconds_apart(frame):
    with frame.Clock() as clock:
        time.sleep(0.2)
    assert clock.wall >= 0.2
    assert clock.cpu < 0.1


def test_neighbours_are_gone_after_the_block(frame):
    started, popen = [], subprocess.Popen
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "Popen", lambda *given: started.append(popen(*given)) or started[-1])
        with frame.neighbours(2):
            assert [process.poll() for process in started] == [None, None]
    assert all(process.poll() is not None for process in started)


def test_a_table_shows_the_median_between_the_extremes(frame):
    line = ["a", frame.interval([3.0, 1.0, 2.5])]
    assert frame.markdown(["x", "y"], [line]).splitlines() == [
        "| x | y |",
        "| --- | --- |",
        "| a | 2.50 (1.00-3.00) |",
    ]
