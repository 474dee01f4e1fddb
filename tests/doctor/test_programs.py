"""The open suite is whole: every program reads, every fault is planted once, and a sample is judged rightly.

All of it is judged by `make bench-doctor`.
"""

import json
import subprocess
import sys

import pytest

import doctor_programs
from netwright.doctor import KINDS

PROGRAMS = {f"{one.family}/{one.name}": one for one in doctor_programs.programs()}
SAMPLE = [
    "tables/digits_mlp",
    "tables/digits_mlp:detached",
    "tables/digits_mlp:rate-of-ten",
    "losses/cancer_sgd:sigmoid-in-forward",
    "losses/cancer_sgd:integer-targets",
]


def test_the_suite_holds_enough_ill_and_unusual_programs():
    ill = [one for one in PROGRAMS.values() if one.kinds]
    unusual = [one for one in PROGRAMS.values() if one.unusual]
    assert len(ill) >= 80
    assert len(unusual) >= 60
    assert len({one.kinds[0] for one in ill}) >= 60


def test_every_program_is_python_and_every_planted_kind_is_known():
    for name, program in PROGRAMS.items():
        compile(program.source, name, "exec")
        assert set(program.kinds) <= set(KINDS), name
        assert program.claim, name


@pytest.mark.parametrize("name", SAMPLE)
def test_a_sample_is_judged_rightly(name, tmp_path):
    program = PROGRAMS[name]
    file, told = doctor_programs.write(program, tmp_path), tmp_path / "told.json"
    command = [sys.executable, "-m", "netwright", "doctor", "--json", str(told), str(file)]
    subprocess.run(command, capture_output=True, check=False)
    found = json.loads(told.read_text())["findings"]
    alarms = [one["kind"] for one in found if one["severity"] != "info"]
    assert any(kind in program.kinds for kind in alarms[:3]) if program.kinds else alarms == []
