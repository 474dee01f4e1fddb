"""`make check` runs every step, tells what a failing one said, and fails with it."""

import sys

import check

GOOD = ("all is fine", [sys.executable, "-c", "print('quiet')"])
BAD = ("nothing is wrong", [sys.executable, "-c", "import sys; sys.exit('this is wrong')"])


def test_a_failing_step_is_shown_and_the_others_run_all_the_same(monkeypatch, capsys):
    monkeypatch.setattr(check, "STEPS", {"first": BAD, "second": GOOD})
    assert check.main([]) == 1
    said = capsys.readouterr().out
    assert "== first: nothing is wrong ... FAILED" in said
    assert "this is wrong" in said
    assert "== second: all is fine ... ok" in said
    assert "quiet" not in said
    assert said.endswith("check: first failed\n")


def test_steps_are_run_by_name(monkeypatch, capsys):
    monkeypatch.setattr(check, "STEPS", {"first": BAD, "second": GOOD})
    assert check.main(["second"]) == 0
    assert check.main(["third"]) == 2
    assert "there is no step 'third'; the steps are first, second" in capsys.readouterr().err
