"""Everything that is held without running a test: `make check`.

python tools/check.py                 all steps, and which of them failed
python tools/check.py types floors    these alone
"""

import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sysconfig.get_path("scripts"))

STEPS: dict[str, tuple[str, list[str | Path]]] = {
    "format": (
        "every file stands as ruff would write it",
        [BIN / "ruff", "format", "--check", "--quiet", "."],
    ),
    "lint": ("ruff finds nothing to mend", [BIN / "ruff", "check", "--quiet", "."]),
    "types": ("mypy, strict, agrees with every annotation", [BIN / "mypy", "--no-error-summary"]),
    "floors": ("rooms import from the floors below alone", [BIN / "lint-imports", "--no-logo"]),
    "budgets": ("files stay short, public objects explained", [sys.executable, "tools/check_budgets.py"]),
    "compendium": ("techniques and rows match, both ways", [sys.executable, "tools/check_compendium.py"]),
}


def main(names: list[str]) -> int:
    """Run the named steps, or all of them, and say what became of each."""
    if unknown := [name for name in names if name not in STEPS]:
        print(f"there is no step {unknown[0]!r}; the steps are {', '.join(STEPS)}", file=sys.stderr)
        return 2
    failed = [name for name in names or STEPS if not passes(name)]
    print(f"check: {', '.join(failed)} failed" if failed else "check: all is well", flush=True)
    return 1 if failed else 0


def passes(name: str) -> bool:
    """Run one step; print its headline, and what it said if it failed."""
    promise, command = STEPS[name]
    print(f"== {name}: {promise} ... ", end="", flush=True)
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(f"{'FAILED' if done.returncode else 'ok'} ({time.perf_counter() - start:.1f} s)", flush=True)
    if done.returncode:
        print((done.stdout + done.stderr).strip() + "\n", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
