"""The doctor beside its peers on the open suite: ill programs found and named, well ones left in peace.

    make bench-doctor_peers                                one seed, every program
    make bench-doctor_peers ARGS="--every 8"               every eighth program, ill and well apart
    make bench-doctor_peers ARGS="--family tables --show"  one family; what each peer found

Each program runs once with all peers listening (to its losses, gradients, weights, and batches, as far as it
has them) and once under the doctor. An alarm is what the tool itself calls a warning or worse. Named: the
planted kind, or one that is as right, is among the kinds that the peer's alarms stand for, whatever their
number; of the doctor's alarms only the first three count. Seconds are processor seconds of the peer; of the
doctor, its examination. The environment is .venv-bench (`make bench-setup`).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import doctor_programs  # noqa: E402

PEERS = ROOT / ".venv-bench"
CHILD = ROOT / "benchmarks" / "peers_doctor" / "child.py"
DOCTOR = "netwright doctor"
LIMIT = 120.0


@dataclass(frozen=True)
class Verdict:
    """What one tool said of one program."""

    program: doctor_programs.Program
    tool: str
    alarms: tuple[str, ...]
    named: bool
    seconds: float


def beside_peers(program: doctor_programs.Program, file: Path, out: Path) -> list[Verdict]:
    """Let all peers look at one program; none, where it did not end in time."""
    out.unlink(missing_ok=True)
    doctor_programs.run([str(CHILD), str(file), str(out)], 0, timeout=LIMIT)
    if not out.exists():
        return []
    told: dict[str, Any] = json.loads(out.read_text())
    found = []
    for tool, kinds in told["kinds"].items():
        alarms = tuple(told["found"].get(tool, ()))
        stood_for = {kind for alarm in alarms for kind in kinds.get(alarm, ())}
        named = bool(stood_for & set(program.kinds))
        found.append(Verdict(program, tool, alarms, named, told["seconds"][tool]))
    return found


def under_doctor(program: doctor_programs.Program, file: Path, out: Path) -> list[Verdict]:
    """Let the doctor judge one program."""
    out.unlink(missing_ok=True)
    words = ["-m", "netwright.doctor.script", "--findings", str(out), str(file)]
    doctor_programs.run(words, 0, timeout=LIMIT)
    if not out.exists():
        return []
    told: dict[str, Any] = json.loads(out.read_text())
    alarms = tuple(one["kind"] for one in told["findings"] if one["severity"] != "info")
    spent = float(told["runtime"].get("examination_seconds", 0.0))
    return [Verdict(program, DOCTOR, alarms, bool(set(alarms[:3]) & set(program.kinds)), spent)]


def table(verdicts: list[Verdict]) -> str:
    """A Markdown table, a row for each tool."""
    rows = [
        "| tool | ill: an alarm | ill: named | well: an alarm | seconds, median |",
        "| --- | --- | --- | --- | --- |",
    ]
    for tool in dict.fromkeys(one.tool for one in verdicts):
        ours = [one for one in verdicts if one.tool == tool]
        ill = [one for one in ours if one.program.kinds]
        well = [one for one in ours if not one.program.kinds]
        cells = [
            _share([bool(one.alarms) for one in ill]),
            _share([one.named for one in ill]),
            _share([bool(one.alarms) for one in well]),
            f"{median(one.seconds for one in ours):.2f}",
        ]
        rows.append(f"| {tool} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _share(hits: list[bool]) -> str:
    return f"{100 * sum(hits) / len(hits):.0f} % ({sum(hits)} of {len(hits)})" if hits else "-"


def chosen(asked: argparse.Namespace) -> list[doctor_programs.Program]:
    """The programs that were asked for; every n-th of the ill and of the well ones."""
    found = [
        one
        for one in doctor_programs.programs()
        if asked.family in (None, one.family)
        and (not asked.only or any(part in one.name for part in asked.only))
    ]
    ill, well = [one for one in found if one.kinds], [one for one in found if not one.kinds]
    return doctor_programs.runnable(ill[:: asked.every] + well[:: asked.every])


def main() -> None:
    """Examine the chosen programs with all tools."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--family")
    parser.add_argument("--only", nargs="*", help="names, or parts of names")
    parser.add_argument("--every", type=int, default=1, help="every n-th program alone")
    parser.add_argument("--peers-alone", action="store_true", help="without the doctor, which takes longest")
    parser.add_argument("--show", action="store_true", help="what each tool said of each program")
    asked = parser.parse_args()
    programs = chosen(asked)
    verdicts: list[Verdict] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for program in programs:
            file = doctor_programs.write(program, folder)
            ours = [] if asked.peers_alone else under_doctor(program, file, folder / "out.json")
            others = beside_peers(program, file, folder / "out.json")
            whole = bool(others and (ours or asked.peers_alone))
            verdicts += ours + others if whole else []
            if asked.show or not whole:
                _show(program, ours + others, whole=whole)
    seen = list({one.program.name: one.program for one in verdicts}.values())
    n_ill = sum(bool(one.kinds) for one in seen)
    print(f"{n_ill} ill programs, {len(seen) - n_ill} well ones; load {os.getloadavg()[2]:.0f}\n")
    print(table(verdicts))


def _show(program: doctor_programs.Program, verdicts: list[Verdict], *, whole: bool) -> None:
    print(f"{program.name} [{', '.join(program.kinds) or 'well'}]", flush=True)
    for one in verdicts:
        print(f"  {one.tool}: {', '.join(one.alarms) or 'nothing'}", flush=True)
    if not whole:
        print(f"  left out: not done in {LIMIT:.0f} s, or it broke", flush=True)


if __name__ == "__main__":
    if Path(sys.prefix) != PEERS:
        sys.exit(subprocess.call([PEERS / "bin" / "python", *sys.argv]))
    main()
