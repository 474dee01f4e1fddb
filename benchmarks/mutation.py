"""Whether the proofs notice: operations are taken out of parts chosen at random, one at a time.

    make bench-mutation                            40 parts, three operations each: about seven minutes
    make bench-mutation ARGS="--parts 5 --seed 7"  others
    make bench-mutation ARGS="--only SRU QRNN"     every operation of some parts

Of each part (a row of the compendium whose code is ours, in the rooms of parts) operations are drawn from its
own formula: the methods of its class and what they call in its module. Each is taken out in a copy of the
package, and the part's proof runs on it, then the rest of the proof's file. A mutant that passes both has
survived.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import frame
from frame.rounds import ONE_THREAD, progress
from netwright.compendium import open_object, rows

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tools"))

from mutants import Mutant, mutants  # noqa: E402
from public import home_of, is_borrowed  # noqa: E402

ROOMS = ("layers", "losses", "optim")
PARTS, OPERATIONS, AT_ONCE, SECONDS = 40, 3, 2, 600
"""How many are drawn, how many tests run at a time, and how long one may take."""


@dataclass(frozen=True)
class Part:
    """A technique of ours: its name, the file it lives in, and its proofs."""

    name: str
    file: Path
    proofs: tuple[str, ...]


def parts() -> list[Part]:
    """All parts with code of their own, in the order of their names."""
    found: dict[tuple[str, Path], set[str]] = {}
    for row in rows():
        obj = open_object(row)
        if row.room in ROOMS and not is_borrowed(obj):
            file = Path("src", *home_of(row.object, obj).split(".")).with_suffix(".py")
            found.setdefault((obj.__name__, file), set()).add(row.proof)
    return [Part(name, file, tuple(sorted(proofs))) for (name, file), proofs in sorted(found.items())]


def survives(part: Part, mutant: Mutant) -> tuple[bool, str]:
    """Run the part's tests on a copy of the package; return whether they pass, and which one failed."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "src", folder, dirs_exist_ok=True)
        (Path(folder) / part.file.relative_to("src")).write_text(mutant.source, encoding="utf-8")
        files = sorted({proof.split("::")[0] for proof in part.proofs})
        for tests in (part.proofs, files):
            passes, said = passes_on(folder, tests)
            if not passes:
                return False, said
    return True, ""


def passes_on(folder: str, tests: Sequence[str]) -> tuple[bool, str]:
    """Run tests on the package in a folder; return whether they pass, and which one failed first."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:randomly", *tests]
    surroundings = os.environ | ONE_THREAD | {"PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False, "ran for ever"
    said = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return done.returncode == 0, said[-1].split("::")[-1][:60] if said else "no test could run"


def draw(chosen: list[Part], operations: int | None, chance: random.Random) -> list[tuple[Part, Mutant]]:
    """Operations of each part to take out: that many at most, or all."""
    drawn = []
    for part in chosen:
        found = mutants((ROOT / part.file).read_text(encoding="utf-8"), part.name)
        if not found:
            print(f"{part.name} has no operation of its own", flush=True)
        drawn += [
            (part, one)
            for one in (found if operations is None else chance.sample(found, min(operations, len(found))))
        ]
    return drawn


def code(words: str, width: int) -> str:
    """Python in a cell of a table, cut where it is long."""
    return f"`{words[:width]}`".replace("|", "\\|") if words else "nothing"


def main() -> None:
    """Take operations out, and list what survives."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="two parts, one operation each")
    parser.add_argument("--parts", type=int, default=PARTS)
    parser.add_argument("--operations", type=int, default=OPERATIONS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", help="every operation of the parts of these names")
    asked = parser.parse_args()
    if asked.quick:
        asked.parts, asked.operations = 2, 1
    chance = random.Random(asked.seed)
    everything = parts()
    if asked.only:
        chosen = [part for part in everything if part.name in asked.only]
    else:
        chosen = chance.sample(everything, min(asked.parts, len(everything)))
    drawn = draw(chosen, None if asked.only else asked.operations, chance)
    start = time.perf_counter()
    passes, said = passes_on(str(ROOT / "src"), sorted({proof for part in chosen for proof in part.proofs}))
    if not passes:
        raise SystemExit(f"the proofs fail as they are: {said}")
    results = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for result in pool.map(lambda one: survives(*one), drawn):
            results.append(result)
            progress(f"{len(results)} of {len(drawn)}")
    lines = [
        [
            part.name,
            f"{part.file.name}:{one.line}",
            code(one.before, 70),
            code(one.after, 40),
            "SURVIVED" if alive else said,
        ]
        for (part, one), (alive, said) in zip(drawn, results, strict=True)
    ]
    print(frame.markdown(["part", "line", "operation", "in its place", "noticed by"], lines))
    alive = sum(alive for alive, _ in results)
    print(
        f"\n{len(chosen)} parts of {len(everything)}, {len(drawn)} operations, {alive} survived; "
        f"{time.perf_counter() - start:.0f} s",
        flush=True,
    )
    sys.exit(1 if alive else 0)


if __name__ == "__main__":
    main()
