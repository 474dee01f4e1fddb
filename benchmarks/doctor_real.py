"""Training examples that ship inside of packages, unchanged, under the doctor: it may raise no false alarm.

    make bench-doctor_real ARGS="--fetch"       the packages, into .cache/doctor_real, and every example
    make bench-doctor_real                      every example
    make bench-doctor_real ARGS="--only svgp"   some of them, with what was found

They make their data themselves or have it beside them, so that none is online. What needs a download, a
graphics processor or a compiler is left out. `expected` names alarms that were looked into and are right.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "doctor_real"
PEERS = ROOT / ".venv-bench"
LIMIT = 900.0

BORING = """
from lightning.pytorch import Trainer, seed_everything
from lightning.pytorch.demos.boring_classes import BoringModel

seed_everything(0)
Trainer(max_epochs=3, logger=False, enable_checkpointing=False, enable_progress_bar=False).fit(BoringModel())
"""
TRANSFORMER = """
from pathlib import Path

import sklearn
from lightning.pytorch import Trainer, seed_everything
from lightning.pytorch.demos import LightningTransformer, WikiText2

names = ("diabetes", "california_housing", "breast_cancer")
folder = Path(sklearn.__file__).parent / "datasets" / "descr"
Path("data").mkdir(exist_ok=True)
Path("data/wikitext-2.txt").write_text(2 * "".join((folder / f"{name}.rst").read_text() for name in names))
seed_everything(0)
network = LightningTransformer(vocab_size=WikiText2(download=False).vocab_size)
Trainer(max_epochs=3, logger=False, enable_checkpointing=False, enable_progress_bar=False).fit(network)
"""


@dataclass(frozen=True)
class Example:
    """One training example of a package.

    Args:
        name: for `--only`.
        package: and its version, as pip takes them.
        file: inside of its source distribution; "" where `module` or `source` says what to run.
        module: of the installed package.
        source: a few lines that start what the package holds.
        words: arguments.
        expected: kinds of alarms that are right.
    """

    name: str
    package: str
    file: str = ""
    module: str = ""
    source: str = ""
    words: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        """What the doctor is told to run, in an empty folder."""
        if self.module:
            return ["--module", self.module]
        if self.source:
            Path("example.py").write_text(self.source)
            return ["example.py"]
        distribution, version = self.package.split("==")
        return [str(CACHE / f"{distribution.replace('-', '_')}-{version}" / self.file), *self.words]


GP = "gpytorch==1.15.2"
EXAMPLES = [
    Example("accelerate", "accelerate==1.15.0", module="accelerate.test_utils.scripts.test_script"),
    Example("boring", "lightning==2.6.6", source=BORING, expected=("lr_too_high",)),
    Example("transformer", "lightning==2.6.6", source=TRANSFORMER),
    Example("gp", GP, "test/examples/test_simple_gp_regression.py"),
    Example("svgp", GP, "test/examples/test_svgp_gp_regression.py"),
    Example("svgp-classes", GP, "test/examples/test_svgp_gp_classification.py"),
    Example("dkl", GP, "test/examples/test_kissgp_dkl_regression.py"),
    Example("lmc", GP, "test/examples/test_lmc_svgp_regression.py"),
    Example("function", "deepxde==1.15.0", "examples/function/func.py"),
    Example("ode-system", "deepxde==1.15.0", "examples/pinn_forward/ode_system.py"),
    Example("line", "neuromancer==1.5.6", "examples/tutorials/part_1_linear_regression.py"),
    Example("nbeats", "pytorch-forecasting==1.8.0", "examples/nbeats.py"),
    Example("posterior", "sbi==0.27.0", "sbi/examples/minimal.py"),
]
BESIDE = [
    "numba",
    "llvmlite",
    "linear-operator",
    "scikit-optimize",
    "pyaml",
    "scikit-base",
    "nflows",
    "zuko",
    "tensorboard",
    "torchdiffeq",
    "pyts",
    "toml",
    "dill",
    "cvxpy",
    "qdldl",
    "six",
    "pydot",
    "graphviz",
    "casadi",
    "wandb",
    "sentry-sdk",
    "gitpython",
    "platformdirs",
    "protobuf",
    "xxhash",
    "opentelemetry-api",
    "opentelemetry-sdk",
    "opentelemetry-semantic-conventions",
]
"""What these need beyond .venv-bench; without their wishes, so that none brings another torch."""


def fetch() -> None:
    """Install the packages beside .venv-bench, and unpack their sources."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    packages = sorted({one.package for one in EXAMPLES if one.file})
    CACHE.mkdir(parents=True, exist_ok=True)
    target = ["--no-deps", "--target", str(CACHE / "packages")]
    subprocess.run([*pip, "install", "--quiet", *target, *packages, *BESIDE], check=True)
    sources = ["--no-deps", "--no-binary", ":all:", "--dest", str(CACHE)]
    subprocess.run([*pip, "download", "--quiet", *sources, *packages], check=True)
    for file in CACHE.glob("*.tar.gz"):
        subprocess.run(["tar", "xzf", str(file), "-C", str(CACHE)], check=True)


def examine(example: Example) -> tuple[int, list[tuple[str, str]], str]:
    """Run an example under the doctor; the steps that it took, its alarms, and what the doctor printed."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(CACHE / "packages"),
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "DDE_BACKEND": "pytorch",
        "HF_HUB_OFFLINE": "1",
    }
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        command = [sys.executable, "-m", "netwright", "doctor", "--json", "told.json", *example.command]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, env=environment, timeout=LIMIT, check=False
            )
        except subprocess.TimeoutExpired:
            return 0, [], f"not done in {LIMIT:.0f} s"
        finally:
            os.chdir(ROOT)
        told = json.loads((Path(folder) / "told.json").read_text())
    alarms = [(one["severity"], one["kind"]) for one in told["findings"] if one["severity"] != "info"]
    return told["runtime"]["steps"], alarms, done.stderr.split("netwright doctor:")[-1].strip()


def main() -> int:
    """Examine the chosen examples; the exit code says whether an alarm was not expected."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fetch", action="store_true", help="install the packages first")
    parser.add_argument("--only", nargs="*", help="names, or parts of names; with what the doctor printed")
    asked = parser.parse_args()
    if asked.fetch:
        fetch()
    if not CACHE.exists():
        print('the packages are not there: make bench-doctor_real ARGS="--fetch"')
        return 0
    unexpected = judged = 0
    for example in EXAMPLES:
        if asked.only and not any(part in example.name for part in asked.only):
            continue
        steps, alarms, printed = examine(example)
        wrong = [kind for _, kind in alarms if kind not in example.expected]
        unexpected += bool(wrong)
        judged += steps > 0
        said = ", ".join(f"{kind} ({severity})" for severity, kind in alarms) or "nothing"
        sign = "BAD " if wrong else "ok  " if steps else "none"
        print(f"{sign}{example.name} ({example.package}, {steps} steps): {said}", flush=True)
        if asked.only:
            print(printed)
    print(f"{judged} examples took steps, {unexpected} with an alarm that was not expected")
    return 1 if unexpected else 0


if __name__ == "__main__":
    if Path(sys.prefix) != PEERS:
        sys.exit(subprocess.call([PEERS / "bin" / "python", *sys.argv]))
    sys.exit(main())
