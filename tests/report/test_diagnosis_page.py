"""The doctor's page says what the diagnosis says, in one file that needs nothing else."""

import re

import pytest

from netwright.report import Heading, render_diagnosis, write_diagnosis

HEADING = Heading("train.py", created="1 May 2026", version="0.1.0")


def finding(kind="lr_too_high", severity="warning", **given):
    return {
        "kind": kind,
        "severity": severity,
        "message": f"This is <{kind}>.",
        "where": {"module": "model", "file": "train.py", "line": 3},
        "evidence": {"tried": 0.1, "norms": list(range(20)), "growth": {"out": 12.5}},
        "remedy": "Take a lower rate.",
        "reason": [36],
        "source": "Bengio (2012)",
        "explained_by": None,
        "quote": [[2, "model = Net()"], [3, "optimizer = SGD(model.parameters(), lr=10 < 11)"]],
        **given,
    }


RUN = {
    "steps": 40,
    "seconds": 2.0,
    "examination_seconds": 1.0,
    "task": "classes",
    "held_out": True,
    "losses": [2.0, 9.0, "nan", 4.0],
    "steps_between": 10,
    "held_out_losses": [[20, 3.0], [40, 2.5]],
    "scores": {"network": 0.1, "constant": 0.08, "trees": 0.97},
    "tried": [
        {"kind": "", "change": "", "steps": 9, "before": 2.0, "after": [4.0]},
        {"kind": "lr_too_high", "change": "a rate of 0.1", "steps": 9, "before": 2.0, "after": [0.5]},
        {"kind": "lr_too_high", "change": "a rate of 0.1", "steps": 9, "before": 2.0, "after": [0.25, "inf"]},
    ],
}
TOLD = {
    "verdict": "This is <lr_too_high>.",
    "findings": [
        finding(),
        finding("dead_relu", "info", explained_by="lr_too_high", message="Units fell silent."),
        finding("outliers", "info", message="One row is far off."),
    ],
    "reasons": {
        str(n): "found" if n == 36 else "checked" if n % 2 else "not applicable" for n in range(1, 38)
    },
    "runtime": RUN,
}


def section(page, name):
    found = re.search(rf'<section id="{name}".*?</section>', page, re.DOTALL)
    return found.group() if found else ""


def test_a_cause_stands_with_its_line_its_numbers_its_remedy_and_its_effects():
    causes = section(render_diagnosis(TOLD, HEADING), "causes")
    assert "This is &lt;lr_too_high&gt;." in causes
    assert re.search(
        r'class="here"><b>   3</b>  optimizer = SGD\(model.parameters\(\), lr=10 &lt; 11\)', causes
    )
    assert "<dt>tried</dt><dd>0.1</dd>" in causes
    assert "0, 1, 2, 3, 4, 5, 6, 7, …" in causes
    assert "out 12.5" in causes
    assert "Take a lower rate." in causes
    assert "Units fell silent." in causes
    assert "Reason 36: the learning rate is too high or too low." in causes
    assert "One row is far off." not in causes


def test_notes_curves_models_trials_and_reasons_have_their_sections():
    page = render_diagnosis(TOLD, HEADING)
    assert "One row is far off." in section(page, "notes")
    assert "Units fell silent." not in section(page, "notes")
    curve = section(page, "curve")
    assert "held-out rows" in curve
    assert "no number from step 20" in curve
    assert re.search("trees.*network.*constant", section(page, "models"), re.DOTALL)
    assert "0.5000, 0.2500, ∞" in section(page, "trials")
    reasons = section(page, "reasons")
    assert len(re.findall("<li", reasons)) == 37
    assert len(re.findall('class="found"', reasons)) == 1


def test_the_page_loads_nothing_and_is_the_same_each_time():
    page = render_diagnosis(TOLD, HEADING)
    assert page == render_diagnosis(TOLD, HEADING)
    assert not re.findall(r'(?:src|href)="(?!#|data:)', page)
    assert "url(" not in page


def test_of_a_healthy_training_the_page_says_so():
    told = {"verdict": "Nothing is wrong.", "findings": [], "reasons": {}, "runtime": {"steps": 3}}
    page = render_diagnosis(told, HEADING)
    assert "no error, no warning" in page
    assert "<section" not in page


@pytest.mark.parametrize(("low", "said"), [(0.001, True), (1.0, False)])
def test_losses_far_apart_are_drawn_by_powers_of_ten(low, said):
    run = {**RUN, "losses": [2.0, low], "held_out_losses": []}
    page = render_diagnosis({**TOLD, "runtime": run}, HEADING)
    assert ("powers of ten" in section(page, "curve")) == said


def test_both_runs_stand_side_by_side_where_the_remedy_was_tried(tmp_path):
    runs = {
        "before": {
            "losses": [2.0, 3.0],
            "steps_between": 1,
            "score": 0.1,
            "task": "classes",
            "held_out": True,
        },
        "with the remedy": {"losses": [2.0, 0.1], "steps_between": 1, "score": 0.9},
    }
    verified = {"sentence": "It helped.", "change": "a rate of 0.1", "helped": True, "runs": runs}
    write_diagnosis({**TOLD, "verified": verified}, HEADING, tmp_path / "doctor.html")
    remedy = section((tmp_path / "doctor.html").read_text(encoding="utf-8"), "remedy")
    assert "It helped." in remedy
    assert remedy.count("<figure") == 2
    assert "0.900" in remedy


def test_where_nothing_was_tried_the_reason_stands_alone():
    verified = {"sentence": "No remedy can be applied.", "change": "", "helped": None, "runs": {}}
    remedy = section(render_diagnosis({**TOLD, "verified": verified}, HEADING), "remedy")
    assert "No remedy can be applied." in remedy
    assert "<figure" not in remedy
