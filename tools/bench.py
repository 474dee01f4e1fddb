"""Every benchmark in turn: what the front door costs, then each file of benchmarks/."""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
REPEATS = 7


def main() -> int:
    """Run all of them, also after one has failed."""
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
    failed = [file.name for file in sorted((ROOT / "benchmarks").glob("*.py")) if not runs(file)]
    if failed:
        print(f"bench: {', '.join(failed)} failed", file=sys.stderr)
    return 1 if failed else 0


def seconds(command: list[str]) -> float:
    """The median time of one command over some starts of Python; the first is not counted."""
    times = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, check=True)
        times.append(time.perf_counter() - start)
    return median(times[1:])


def runs(file: Path) -> bool:
    """Run one benchmark under its name."""
    print(f"\n== {file.stem.replace('_', ' ')}", flush=True)
    return subprocess.run([sys.executable, file], cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
