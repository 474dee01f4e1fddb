"""From findings to what is said: one root, plain values, words for a person."""

import json

from netwright.doctor import KINDS, Diagnosis, Finding, Place, tell
from netwright.doctor.cause import rooted
from netwright.doctor.observe.places import Line


def finding(kind, severity="warning", **given):
    return Finding(kind, severity, f"This is {kind}.", **given)


def test_what_follows_from_a_root_is_marked_and_comes_last():
    told = rooted([finding("diverged", "error"), finding("order_blind", "info"), finding("lr_too_high")])
    assert [(one.kind, one.severity, one.explained_by) for one in told] == [
        ("lr_too_high", "warning", ""),
        ("order_blind", "info", ""),
        ("diverged", "info", "lr_too_high"),
    ]


def test_independent_roots_all_stay_errors_first():
    told = rooted(
        [finding("lr_too_high"), finding("softmax_before_ce", "error"), finding("missing_zero_grad", "error")]
    )
    assert [one.kind for one in told if one.is_alarm] == [
        "softmax_before_ce",
        "missing_zero_grad",
        "lr_too_high",
    ]


def test_one_kind_in_one_place_is_told_once():
    place = Place("model", Line("train.py", 3))
    assert len(rooted([finding("nan_input", where=place), finding("nan_input", where=place)])) == 1
    assert len(rooted([finding("nan_input", where=place), finding("nan_input")])) == 1  # the same words


def test_of_a_note_and_a_warning_about_one_kind_in_one_place_the_warning_is_told():
    place = Place("model", Line("train.py", 3))
    told = rooted([finding("lr_too_high", "info", where=place), finding("lr_too_high", where=place)])
    assert [one.severity for one in told] == ["warning"]


def test_no_kind_causes_itself_and_every_cause_is_a_kind():
    for name, kind in KINDS.items():
        assert name not in kind.causes
        assert set(kind.causes) <= set(KINDS)
        assert kind.about
        assert all(1 <= reason <= 37 for reason in kind.reasons)


def test_a_diagnosis_is_json_also_with_numbers_that_json_has_not():
    evidence = {"loss": float("nan"), "rates": [0.1, float("inf")]}
    told = json.loads(Diagnosis([finding("nan_loss", "error", evidence=evidence)], {"steps": 3}).write())
    assert told["verdict"] == "This is nan_loss."
    assert told["findings"][0]["evidence"] == {"loss": "nan", "rates": [0.1, "inf"]}
    assert told["findings"][0]["reason"] == [37]
    assert told["reasons"]["37"] == "found"


def test_a_person_reads_the_verdict_the_place_the_numbers_and_the_remedy():
    one = finding(
        "lr_too_high", where=Place("net", Line("train.py", 7)), remedy="Take 0.1.", evidence={"rate": 10.0}
    )
    told = tell(Diagnosis(rooted([one, finding("diverged")]), {"steps": 5}).as_json())
    assert told.splitlines()[0] == "This is lr_too_high."
    assert "warning  lr_too_high  (train.py:7, net)" in told
    assert "rate 10" in told
    assert "-> Take 0.1." in told
    assert "explains diverged" in told
    assert "5 steps were watched" in told


def test_without_steps_nothing_is_called_well():
    assert "No training was seen" in Diagnosis([], {"steps": 0}).verdict
