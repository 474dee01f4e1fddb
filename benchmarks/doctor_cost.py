"""What the doctor costs on well programs, and whether a script notices that it is watched.

    make bench-doctor_cost                                 every well program, two pairs of runs each
    make bench-doctor_cost ARGS="--every 10 --pairs 1"     every tenth

Plain and watched runs alternate, each in a process of its own on one thread. What is compared is processor
time between the first and the last step, the least of the runs of each sort, so that a neighbour on the
machine weighs little. A script must end with the same weights, random streams and printed text, watched or
not: bit for bit. `--stage before` is told in processor seconds of the whole command, the full examination in
those less what the script takes without the doctor.
"""

import argparse
import json
import os
import resource
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

CHILD = ROOT / "benchmarks" / "doctor_runs" / "child.py"
LIMIT = 300.0
LONG_STEP = 0.005
"""Seconds; shorter steps are told apart, since writing one down costs the same however small it is."""


@dataclass(frozen=True)
class Cost:
    """Of one program, in processor seconds; `differs` is what differed when watched, "" where nothing did."""

    name: str
    steps: int
    plain: float
    watched: float
    whole: float
    before: float
    full: float
    differs: str

    @property
    def overhead(self) -> float:
        return self.watched / self.plain - 1

    @property
    def step(self) -> float:
        return self.plain / max(1, self.steps)


def run(command: list[str]) -> tuple[float, str]:
    """Run a command; its processor seconds and what it printed."""
    environment = {**os.environ, "SEED": "0", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=LIMIT, check=False
        )
        printed = done.stdout
    except subprocess.TimeoutExpired:
        printed = ""
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime, printed


def measure(program: doctor_programs.Program, folder: Path, pairs: int, *, stages: bool) -> Cost | None:
    """Measure one program; None where it did not end in time."""
    file, out = doctor_programs.write(program, folder), folder / "out.json"
    told: dict[str, list[dict[str, Any]]] = {"plain": [], "watched": []}
    wholes = []
    for how in ("plain", "watched") * pairs:
        out.unlink(missing_ok=True)
        seconds, printed = run([sys.executable, str(CHILD), how, str(file), str(out)])
        if not out.exists():
            return None
        told[how].append({**json.loads(out.read_text()), "printed": printed})
        wholes += [seconds] if how == "plain" else []
    plain, watched = told["plain"][0], told["watched"][0]
    same = ("ended", "steps", "weights", "streams", "printed")
    differs = [key for key in same if plain[key] != watched[key]]
    if differs and any(told["plain"][0][key] != other[key] for other in told["plain"] for key in differs):
        differs = ["not the same twice without the doctor either"]
    command = [sys.executable, "-m", "netwright", "doctor", "--quiet"]
    before = run([*command, "--stage", "before", str(file)])[0] if stages else 0.0
    full = run([*command, str(file)])[0] - min(wholes) if stages else 0.0
    least = {how: min(float(one["seconds"]) for one in runs) for how, runs in told.items()}
    if not least["plain"]:
        return None
    steps = int(plain["steps"])
    gave_up = [f"gave up: {watched['gave_up']}"] if watched["gave_up"] else []
    differences = ", ".join(differs + gave_up)
    return Cost(program.name, steps, least["plain"], least["watched"], min(wholes), before, full, differences)


def table(costs: list[Cost]) -> str:
    """A Markdown table of medians and worst cases."""
    long = [one for one in costs if one.step >= LONG_STEP]
    short = [one for one in costs if one.step < LONG_STEP]
    rows = ["| what | median | worst | programs |", "| --- | --- | --- | --- |"]
    rows += _row("watching, steps of 5 ms and more", [100 * one.overhead for one in long], "%")
    rows += _row("watching, shorter steps", [100 * one.overhead for one in short], "%")
    rows += _row("watching, of each short step", [1e3 * one.overhead * one.step for one in short], "ms")
    staged = [one for one in costs if one.before]
    rows += _row("`--stage before`, the whole command", [one.before for one in staged], "s")
    rows += _row("the full examination and watching", [one.full for one in staged], "s")
    rows += _row("the same, over what the script takes", [one.full / one.whole for one in staged], "times")
    return "\n".join(rows)


def _row(name: str, values: list[float], unit: str) -> list[str]:
    if not values:
        return []
    return [f"| {name} | {median(values):.1f} {unit} | {max(values):.1f} {unit} | {len(values)} |"]


def main() -> None:
    """Measure the chosen programs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--family")
    parser.add_argument("--only", nargs="*", help="names, or parts of names")
    parser.add_argument("--every", type=int, default=1, help="every n-th program alone")
    parser.add_argument("--pairs", type=int, default=2, help="of runs, plain and watched")
    parser.add_argument("--watching-alone", action="store_true", help="leave the stages out")
    asked = parser.parse_args()
    well = [
        one
        for one in doctor_programs.programs()
        if not one.kinds
        and asked.family in (None, one.family)
        and (not asked.only or any(part in one.name for part in asked.only))
    ]
    costs, left = [], []
    with tempfile.TemporaryDirectory() as folder:
        for program in doctor_programs.runnable(well[:: asked.every]):
            cost = measure(program, Path(folder), asked.pairs, stages=not asked.watching_alone)
            if cost is None:
                left.append(program.name)
                continue
            costs.append(cost)
            print(
                f"{cost.name}: {cost.steps} steps of {1e3 * cost.step:.2f} ms;"
                f" watching {100 * cost.overhead:+.1f} %; before {cost.before:.1f} s, full {cost.full:.1f} s;"
                f" {cost.differs or 'alike'}",
                flush=True,
            )
    print(f"\nleft out, as no steps were seen or it was not done in time: {', '.join(left) or 'none'}")
    unlike = [one.name for one in costs if one.differs]
    print(f"{len(costs) - len(unlike)} of {len(costs)} alike to the last bit; not: {', '.join(unlike)}\n")
    print(table(costs))


if __name__ == "__main__":
    main()
