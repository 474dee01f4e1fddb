"""The open suite of the doctor: ordinary training scripts, each well, and faults that can be planted in them.

    python tools/doctor_programs.py                     list all programs
    python tools/doctor_programs.py --verify NAME ...   run a script or script:fault; hold it to its claim
    python tools/doctor_programs.py --write DIR         write every program as a file, to look at

tests/doctor/programs/FAMILY/NAME.py is a script that trains well and prints `score NUMBER` last. NAME.toml
beside it says so, and how it is made ill:

    about = "digits by a small perceptron, plain loop"     # one line
    well = "score > 0.93"                                  # of the script as it stands, at every seed
    style = "plain"                                        # or lightning, skorch, keras, hf, netwright
    unusual = "a rate of 1, which works"                   # only where it looks ill and is not

    [[fault]]
    name = "softmax-twice"
    kinds = ["softmax_before_ce"]                          # the planted kind first, then what is as right
    ill = "score < 0.85"                                   # at every seed; other words say why not
    [[fault.replace]]
    old = "        return self.out(h)"                     # stands exactly once in the script
    new = "        return self.out(h).softmax(1)"

The seed comes from the environment: SEED. Programs whose library is not there are left out, and named; all of
them are there in .venv-bench (`make bench-setup`).
"""

import argparse
import importlib.util
import os
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import warm

PROGRAMS = Path(__file__).resolve().parent.parent / "tests" / "doctor" / "programs"
SEEDS = (0, 1, 2)
TIMEOUT = 120.0
LIBRARIES = {"lightning": "lightning", "skorch": "skorch", "keras": "keras", "hf": "transformers"}
"""Style -> what it needs beyond netwright's own packages."""


@dataclass(frozen=True)
class Program:
    """One script, well or ill.

    Args:
        name: script, or script:fault.
        family: folder that it stands in.
        source: the whole text.
        kinds: what may be found in it, the planted one first; none when it is well.
        claim: of its score, such as "score < 0.8", or why there is none.
        style: whose loop it is.
        unusual: what looks ill in it and is not.
    """

    name: str
    family: str
    source: str
    kinds: tuple[str, ...]
    claim: str
    style: str
    unusual: str = ""

    def holds(self, score: float | None) -> bool:
        """Whether a score is as claimed; always, where nothing is claimed of it."""
        if not self.claim.startswith("score"):
            return True
        _, sign, bound = self.claim.split()
        if score is None or score != score:  # an ill script may end without a number
            return bool(self.kinds)
        return score < float(bound) if sign == "<" else score > float(bound)


def programs(folder: Path = PROGRAMS) -> list[Program]:
    """Every program of the suite, each script followed by its faults."""
    found: list[Program] = []
    for file in sorted(folder.glob("*/*.toml")):
        found += _read(file)
    return found


def runnable(found: list[Program]) -> list[Program]:
    """Those whose library is there; which others are left out is printed."""
    lacking = {style for style, name in LIBRARIES.items() if importlib.util.find_spec(name) is None}
    left = [one.name for one in found if one.style in lacking]
    if left:
        print(f"left out, as {', '.join(sorted(lacking))} cannot be imported: {', '.join(left)}")
    return [one for one in found if one.style not in lacking]


def _read(file: Path) -> list[Program]:
    note, source = tomllib.loads(file.read_text()), file.with_suffix(".py").read_text()
    family, style = file.parent.name, note["style"]
    found = [Program(file.stem, family, source, (), note["well"], style, note.get("unusual", ""))]
    for fault in note.get("fault", ()):
        ill = source
        for change in fault["replace"]:
            if ill.count(change["old"]) != 1:
                times = ill.count(change["old"])
                raise ValueError(f"{file}: {fault['name']}: {change['old']!r} stands {times} times, not once")
            ill = ill.replace(change["old"], change["new"])
        name = f"{file.stem}:{fault['name']}"
        found.append(Program(name, family, ill, tuple(fault["kinds"]), fault["ill"], style))
    return found


def write(program: Program, folder: Path) -> Path:
    """Write a program as a script of its own, and return where."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{program.family}__{program.name.replace(':', '__')}.py"
    file.write_text(program.source)
    return file


@dataclass(frozen=True)
class Ending:
    """How a run ended: exit code, score (None where none was printed), seconds, and what it printed."""

    code: int
    score: float | None
    seconds: float
    printed: str


def run(words: list[str], seed: int, timeout: float = TIMEOUT, path: list[Path] | None = None) -> Ending:
    """Run a script, or `-m` a module, on one thread under a seed, behind the imports; see `warm`."""
    code, seconds, printed = warm.run(warm.server(), words, seed, timeout, path)
    scores = [line.split()[1] for line in printed.splitlines() if line.startswith("score ")]
    return Ending(code, float(scores[-1]) if scores else None, seconds, printed)


def verify(program: Program, folder: Path) -> bool:
    """Run a program under every seed, print its scores, and return whether they are as claimed."""
    file = write(program, folder)
    endings = [run([str(file)], seed) for seed in SEEDS]
    right = all(program.holds(end.score) and (end.code == 0 or program.kinds) for end in endings)
    scores = ", ".join("none" if end.score is None else f"{end.score:.4g}" for end in endings)
    longest = max(end.seconds for end in endings)
    print(
        f"{'ok  ' if right else 'BAD '} {program.name}: {program.claim}: {scores} ({longest:.1f} s)",
        flush=True,
    )
    if not right:
        print("\n".join(endings[0].printed.splitlines()[-5:]), flush=True)
    return right


def main() -> int:
    """List, verify or write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--verify", nargs="*", metavar="NAME", help="these, or all")
    parser.add_argument("--family", help="of this folder alone")
    parser.add_argument("--write", type=Path, metavar="DIR")
    asked = parser.parse_args()
    chosen = [one for one in programs() if asked.family in (None, one.family)]
    if asked.write:
        for program in chosen:
            write(program, asked.write)
        return 0
    if asked.verify is None:
        for program in chosen:
            kinds = ", ".join(program.kinds) or "well"
            print(f"{program.family:12} {program.style:10} {program.name}: {kinds}")
        ill = sum(bool(program.kinds) for program in chosen)
        print(f"{ill} ill, {len(chosen) - ill} well")
        return 0
    names = asked.verify
    chosen = runnable(
        [one for one in chosen if not names or one.name in names or one.name.split(":")[0] in names]
    )
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"doctor_programs_{os.getpid()}"
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda program: verify(program, folder), chosen))
    print(f"{sum(results)} of {len(results)} as claimed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
