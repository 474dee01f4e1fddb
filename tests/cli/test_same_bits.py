"""The same fit twice, in two processes, gives the same bits."""

import json
import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("net", ["tabm"])
def test_the_same_fit_twice_gives_the_same_bits(net, fitted, tmp_path):
    for hash_seed, name in enumerate(("first", "second")):
        words = ["fit", str(fitted / "t.csv"), "--target", "y", "--net", net, "--out", str(tmp_path / name)]
        done = subprocess.run(
            [sys.executable, "-m", "netwright", *words],
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},  # the order of sets must not matter
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
    first, second = ({
        str(path.relative_to(tmp_path / name)): path.read_bytes()
        for path in (tmp_path / name).rglob("*")
        if path.is_file() and path.name != "report.html"  # the report tells the time
    } for name in ("first", "second"))  # fmt: skip
    assert {"job.json", "held_out.csv", "model/estimator.json", "model/tensors.safetensors"} <= set(first)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    scores = json.loads(first["job.json"])["scores"]
    assert set(scores) == {"net", "constant", "linear model", "gradient boosting"}


def test_another_seed_gives_other_bits(fitted, tmp_path, run):
    for seed in ("1", "2"):
        words = ("--net", "mlp", "--no-references", "--seed", seed, "--out", tmp_path / seed)
        assert run("fit", fitted / "t.csv", "--target", "y", *words).code == 0
    first, second = ((tmp_path / seed / "model" / "tensors.safetensors").read_bytes() for seed in ("1", "2"))
    assert first != second
