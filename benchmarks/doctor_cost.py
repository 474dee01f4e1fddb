"""What the doctor costs on well programs, and whether a script notices that it is watched.

    make bench-doctor_cost                                 every well program, two pairs of runs each
    make bench-doctor_cost ARGS="--every 10 --pairs 1"     every tenth

Plain and watched runs alternate, each in a process of its own on one thread, forked off behind the imports
(see tools/warm.py). What is compared is processor time between the first and the last step, the least of the
runs of each sort, so that a neighbour on the machine weighs little. A script must end with the same weights,
random streams and printed text, watched or not: bit for bit.

For every tenth program the whole command runs as well, imports and all: `--stage before` is told in processor
seconds, the full examination in those less what the script takes without the doctor.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".venv-bench"
sys.path.insert(0, str(ROOT / "tools"))

import doctor_programs  # noqa: E402

CHILD = ROOT / "benchmarks" / "doctor_runs" / "child.py"
LIMIT = 300.0
TIMES = re.compile(r"\b\d+(\.\d+)? ?s\b")
"""Seconds that a script prints, which no two runs share."""
STAGES_EVERY = 10
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


def run(command: list[str]) -> float:
    """Run a command; its processor seconds."""
    environment = {**os.environ, "SEED": "0", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(command, capture_output=True, env=environment, timeout=LIMIT, check=False)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime


def measure(program: doctor_programs.Program, folder: Path, pairs: int, *, stages: bool) -> Cost | None:
    """Measure one program; None where it did not end in time."""
    file, out = doctor_programs.write(program, folder), folder / "out.json"
    told: dict[str, list[dict[str, Any]]] = {"plain": [], "watched": []}
    rounds = ["plain", "watched"] * pairs
    for turn, how in enumerate(rounds):
        out.unlink(missing_ok=True)
        ending = doctor_programs.run([str(CHILD), how, str(file), str(out)], 0, LIMIT)
        if not out.exists():
            return None
        seconds, steps = (json.loads(out.read_text())[key] for key in ("seconds", "steps"))
        if turn == 0 and seconds >= LONG_STEP * steps:  # those that the goal is about
            rounds += ["plain", "watched"] * pairs
        told[how].append({**json.loads(out.read_text()), "printed": TIMES.sub("", ending.printed)})
    plain, watched = told["plain"][0], told["watched"][0]
    same = ("ended", "steps", "weights", "streams", "printed")
    differs = [key for key in same if plain[key] != watched[key]]
    if differs and any(told["plain"][0][key] != other[key] for other in told["plain"] for key in differs):
        differs = ["not the same twice without the doctor either"]
    command = [sys.executable, "-m", "netwright", "doctor", "--quiet"]
    whole = run([sys.executable, str(file)]) if stages else 0.0
    before = run([*command, "--stage", "before", str(file)]) if stages else 0.0
    full = run([*command, str(file)]) - whole if stages else 0.0
    least = {how: min(float(one["seconds"]) for one in runs) for how, runs in told.items()}
    if not least["plain"]:
        return None
    steps = int(plain["steps"])
    gave_up = [f"gave up: {watched['gave_up']}"] if watched["gave_up"] else []
    differences = ", ".join(differs + gave_up)
    return Cost(program.name, steps, least["plain"], least["watched"], whole, before, full, differences)


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
        for place, program in enumerate(doctor_programs.runnable(well[:: asked.every])):
            stages = not asked.watching_alone and place % STAGES_EVERY == 0
            cost = measure(program, Path(folder), asked.pairs, stages=stages)
            if cost is None:
                left.append(program.name)
                continue
            costs.append(cost)
            print(
                f"{cost.name}: {cost.steps} steps of {1e3 * cost.step:.2f} ms;"
                f" watching {100 * cost.overhead:+.1f} %; {cost.differs or 'alike'}"
                + (f"; before {cost.before:.1f} s, full {cost.full:.1f} s" if cost.before else ""),
                flush=True,
            )
    print(f"\nleft out, as no steps were seen or it was not done in time: {', '.join(left) or 'none'}")
    unlike = [one.name for one in costs if one.differs]
    print(f"{len(costs) - len(unlike)} of {len(costs)} alike to the last bit; not: {', '.join(unlike)}\n")
    print(table(costs))


if __name__ == "__main__":
    if Path(sys.prefix) != PEERS:
        sys.exit(subprocess.call([PEERS / "bin" / "python", *sys.argv]))
    main()
