"""Competitors take turns, each in a fresh process; what they tell becomes medians, ranges and a table."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".venv-bench" / "bin" / "python"
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NPROC": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}
# A kernel forced upon OpenBLAS would slow the competitors that compute with numpy.
FORCED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
SECONDS = 900
WIDTH = 72

Told = dict[str, float | str]


def competitor(file: str, *arguments: object, peers: bool = False) -> list[str]:
    """The command of one competitor, in the peers' environment (`make bench-setup`) or in this one."""
    if peers and not PEERS.exists():
        raise SystemExit("the peers are not installed; run: make bench-setup")
    return [str(PEERS) if peers else sys.executable, file, *map(str, arguments)]


def compete(
    competitors: Mapping[str, Sequence[str]], rounds: int, environment: Mapping[str, str] = ONE_THREAD
) -> dict[str, list[Told]]:
    """Run each once a round, A B C A B C, and return what each has told; one that failed once is left out."""
    told: dict[str, list[Told]] = {name: [] for name in competitors}
    failed: set[str] = set()
    for turn in range(rounds):
        for name, command in competitors.items():
            if name in failed:
                continue
            progress(f"round {turn + 1} of {rounds}: {name}")
            answer, why = run(command, environment)
            told[name] += [answer] if answer else []
            if answer is None:
                failed.add(name)
                print(f"{name} was not measured: {why}".ljust(WIDTH), flush=True)
    progress("")
    return {name: answers for name, answers in told.items() if answers and name not in failed}


def run(command: Sequence[str], environment: Mapping[str, str] = ONE_THREAD) -> tuple[Told | None, str]:
    """Run one process; return the figures of its last line, or None and the reason."""
    surroundings = {name: value for name, value in os.environ.items() if name not in FORCED}
    surroundings |= {"PYTHONWARNINGS": "ignore", "CUDA_VISIBLE_DEVICES": "", **environment}
    try:
        done = subprocess.run(
            command, env=surroundings, capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return None, f"it took more than {SECONDS} s"
    if done.returncode:
        return None, (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    return json.loads(done.stdout.strip().splitlines()[-1]), ""


def progress(words: str) -> None:
    """Say on a terminal where the rounds are."""
    if sys.stderr.isatty():
        print(words.ljust(WIDTH), end="\r", file=sys.stderr, flush=True)


def middle(answers: Iterable[Told], figure: str) -> float:
    """The median of one figure over the rounds."""
    return median(float(answer[figure]) for answer in answers)


def interval(values: Iterable[float], form: str = ".2f") -> str:
    """The median with the smallest and largest beside it, where there were several rounds."""
    values = sorted(values)
    if len(values) == 1:
        return format(values[0], form)
    return f"{median(values):{form}} ({values[0]:{form}}-{values[-1]:{form}})"


def markdown(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    rule = ["---"] * len(header)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *lines))


def machine() -> str:
    """The processor, its cores and Python's version, in one line."""
    model = platform.processor() or platform.machine()
    described = Path("/proc/cpuinfo")
    if described.exists():
        named = [line for line in described.read_text().splitlines() if line.startswith("model name")]
        model = named[0].split(":", 1)[1].strip() if named else model
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def versions(packages: Sequence[str], *, peers: bool = False) -> str:
    """What of them is installed where the competitors run, in one line."""
    code = (
        "import sys, importlib.metadata as m; print(*(f'{p} {m.version(p)}' for p in sys.argv[1:]), sep=', ')"
    )
    command = [competitor("-c", peers=peers)[0], "-c", code, *packages]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
