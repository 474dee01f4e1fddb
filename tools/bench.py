"""Benchmarks: what the front door costs, then each file of benchmarks/; or one of them, with its options.

python tools/bench.py                   all of them
python tools/bench.py table --quick     one, by its file's name
"""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
REPEATS = 7


def main(arguments: list[str]) -> int:
    """Run the named benchmark, or all of them, also after one has failed."""
    files = {file.stem: file for file in sorted((ROOT / "benchmarks").glob("*.py"))}
    if arguments:
        name, *options = arguments
        name = name.replace("-", "_")
        if name not in files:
            print(f"there is no benchmark {name!r}; there are: {', '.join(files)}", file=sys.stderr)
            return 2
        return 0 if runs(files[name], options) else 1
    front_door()
    failed = [name for name, file in files.items() if not runs(file)]
    if failed:
        print(f"bench: {', '.join(failed)} failed", file=sys.stderr)
    return 1 if failed else 0


def front_door() -> None:
    """Print how long it takes until netwright answers."""
    print("== the front door")
    bare = seconds(["-c", "pass"])
    for job, command in {
        "import netwright": ["-c", "import netwright"],
        "netwright --help": ["-m", "netwright", "--help"],
    }.items():
        took = seconds(command)
        print(
            f"{job}: {took:.3f} s (goal: 0.3 s), {took / bare:.1f} times Python's own start of {bare:.3f} s"
        )


def seconds(command: list[str]) -> float:
    """The median time of one command over some starts of Python; the first is not counted."""
    times = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, check=True)
        times.append(time.perf_counter() - start)
    return median(times[1:])


def runs(file: Path, options: list[str] | None = None) -> bool:
    """Run one benchmark under its name."""
    print(f"\n== {file.stem.replace('_', ' ')}", flush=True)
    return subprocess.run([sys.executable, file, *(options or [])], cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
