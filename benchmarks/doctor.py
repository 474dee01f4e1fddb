"""How often the doctor is right on the open suite: ill programs found and named, well ones left in peace.

    make bench-doctor                                  three seeds, every program; about half an hour
    make bench-doctor ARGS="--seeds 1"                 one seed
    make bench-doctor ARGS="--only digits_mlp --show"  some of them, with what was found

Each program runs as `netwright doctor` runs it, by `netwright.doctor.script`, in a process that is forked
off behind the imports (tools/warm.py). An alarm is an error or a warning. A diagnosis is right when an alarm
among the first three (or the first) has the planted kind or one that is as right. Intervals are Wilson's, at
95 %.
The environment is .venv-bench, where all libraries of the programs are.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".venv-bench"
sys.path.insert(0, str(ROOT / "tools"))

import doctor_programs  # noqa: E402

GOALS = {
    "found": 0.95,
    "among three": 0.90,
    "first": 0.80,
    "well, with an alarm": 0.02,
    "well, with an error": 0.0,
}


@dataclass(frozen=True)
class Result:
    """What the doctor said of one program under one seed."""

    program: doctor_programs.Program
    seed: int
    alarms: tuple[tuple[str, str], ...]
    code: int
    seconds: float
    examination: float
    printed: str

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.alarms]

    def right(self, most: int | None) -> bool:
        return any(kind in self.program.kinds for kind in self.kinds[:most])

    @property
    def as_wanted(self) -> bool:
        return self.right(3) if self.program.kinds else not self.alarms


def examine(program: doctor_programs.Program, seed: int, folder: Path) -> Result:
    """Let the doctor judge one program."""
    file = doctor_programs.write(program, folder)
    found = folder / f"{file.stem}.{seed}.json"
    words = ["-m", "netwright.doctor.script", "--findings", str(found), str(file)]
    end = doctor_programs.run(words, seed, timeout=600)
    told: dict[str, Any] = (
        json.loads(found.read_text()) if found.exists() else {"findings": [], "runtime": {}}
    )
    alarms = tuple((one["kind"], one["severity"]) for one in told["findings"] if one["severity"] != "info")
    said = [f"  {one['severity']} {one['kind']}: {one['message']}" for one in told["findings"]]
    spent = float(told["runtime"].get("examination_seconds", 0.0))
    return Result(program, seed, alarms, end.code, end.seconds, spent, "\n".join(said))


def share(hits: int, n: int) -> str:
    """A share with its interval."""
    if not n:
        return "-"
    z, p = 1.96, hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return f"{100 * p:.1f} % ({100 * low:.1f}-{100 * high:.1f}), {hits} of {n}"


def show(results: list[Result]) -> None:
    """Print the totals, the kinds, and what went wrong."""
    ill = [one for one in results if one.program.kinds]
    well = [one for one in results if not one.program.kinds]
    rows = {
        "found": (sum(bool(one.alarms) for one in ill), len(ill)),
        "among three": (sum(one.right(3) for one in ill), len(ill)),
        "first": (sum(one.right(1) for one in ill), len(ill)),
        "well, with an alarm": (sum(bool(one.alarms) for one in well), len(well)),
        "well, with an error": (sum("error" in dict(map(reversed, one.alarms)) for one in well), len(well)),
    }
    print(f"\n{len(ill)} runs of ill programs, {len(well)} of well ones\n")
    for name, (hits, n) in rows.items():
        sign = "at most" if name.startswith("well") else "at least"
        print(f"{name:22} {share(hits, n)}   (goal: {sign} {100 * GOALS[name]:.0f} %)")
    by_kind: dict[str, list[Result]] = defaultdict(list)
    for one in ill:
        by_kind[one.program.kinds[0]].append(one)
    print(f"\n{'planted kind':26} runs  found  among three  first")
    for kind, ones in sorted(by_kind.items()):
        counts = (
            sum(bool(one.alarms) for one in ones),
            sum(one.right(3) for one in ones),
            sum(one.right(1) for one in ones),
        )
        print(f"{kind:26} {len(ones):4}  {counts[0]:5}  {counts[1]:11}  {counts[2]:5}")
    print("\nnot as wanted")
    for one in results:
        if not one.as_wanted:
            wanted = ", ".join(one.program.kinds) or "well"
            print(
                f"  {one.program.name} (seed {one.seed}): {wanted}; said {', '.join(one.kinds) or 'nothing'}"
            )


def main() -> None:
    """Examine the chosen programs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--family")
    parser.add_argument("--only", nargs="*", help="names, or parts of names")
    parser.add_argument("--kind", help="programs with this planted kind alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--show", action="store_true", help="what the doctor said of each")
    asked = parser.parse_args()
    chosen = [
        one
        for one in doctor_programs.programs()
        if asked.family in (None, one.family)
        and (not asked.only or any(part in one.name for part in asked.only))
        and (asked.kind is None or one.kinds[:1] == (asked.kind,))
    ]
    chosen = doctor_programs.runnable(chosen)
    jobs = [(program, seed) for seed in range(asked.seeds) for program in chosen]
    results = []
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(asked.jobs) as pool:
        for one in pool.map(lambda job: examine(*job, Path(folder)), jobs):
            results.append(one)
            sign = "ok  " if one.as_wanted else "BAD "
            said = ", ".join(f"{kind} ({severity})" for kind, severity in one.alarms) or "nothing"
            print(
                f"{sign}{one.program.name} [{', '.join(one.program.kinds) or 'well'}]: {said}"
                f" ({one.seconds:.0f} s, {one.examination:.1f})",
                flush=True,
            )
            if asked.show:
                print(one.printed)
    show(results)


if __name__ == "__main__":
    if Path(sys.prefix) != PEERS:
        sys.exit(subprocess.call([PEERS / "bin" / "python", *sys.argv]))
    main()
