"""What holds for the whole run: one thread per worker, and each proof in the compendium has passed.

Shapes are checked too: pyproject.toml has jaxtyping and beartype guard the rooms of pure torch.
"""

import gc
import os
import re
from collections import defaultdict
from pathlib import Path

import pytest

collect_ignore_glob = ["*/fixtures/*.py", "*/fast_text_files/*.py"]
"""Recipes of stored answers, which need the packages that gave them."""

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch opens; for the processes that tests start, too


def pytest_addoption(parser):
    parser.addoption(
        "--no-fast-path", action="store_true", help="let autograd do what the loop does by hand elsewhere"
    )


def pytest_configure(config):
    if config.getoption("--no-fast-path"):
        from netwright.training import prepare

        prepare.hand_written = lambda *_: None
    if is_worker(config) or not config.getoption("numprocesses", None):
        import torch

        torch.set_num_threads(1)
    if not is_worker(config):
        config.pluginmanager.register(Proofs(config), "netwright-proofs")


def pytest_collection_finish():
    """Keep ten thousand collected tests out of every later search for garbage, of which jobs ask for many."""
    gc.collect()
    gc.freeze()


def is_worker(config):
    """Whether this process runs tests for another one that gathers the reports (pytest-xdist)."""
    return hasattr(config, "workerinput")


class Proofs:
    """Gathers what became of every test; a full run fails where a proof of the compendium did not pass.

    With CI set, a test of ours that was skipped fails the run as well: there, nothing may be lacking.
    """

    def __init__(self, config):
        self.whole = is_whole(config)
        self.outcomes = defaultdict(set)
        self.skips = []

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or not report.passed:
            outcome = "xfailed" if hasattr(report, "wasxfail") else report.outcome
            self.outcomes[re.sub(r"\[.*", "", report.nodeid)].add(outcome)
            if outcome == "skipped" and "sklearn" not in Path(report.longrepr[0]).parts:
                self.skips.append(f"{report.nodeid}: {report.longrepr[2]}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session, exitstatus):
        if exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return
        if self.whole:
            fail(session, "compendium.csv", unproven(self.outcomes))
        if os.environ.get("CI"):
            fail(session, "skipped in CI", self.skips)


def fail(session, what, lines):
    """Counts lines, if there are any, as one error of the run."""
    if lines:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        report = pytest.CollectReport(what, "failed", longrepr="\n".join(lines), result=[])
        session.config.pluginmanager.get_plugin("terminalreporter").stats.setdefault("error", []).append(
            report
        )


def is_whole(config):
    """Whether the run was asked for every test there is."""
    asked = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    narrowed = any(
        config.getoption(name, None) for name in ("keyword", "markexpr", "deselect", "collectonly")
    )
    return asked and not narrowed


def unproven(outcomes):
    """One line for each row of the compendium whose proof is not a test that passed in full.

    A test with several parameters has passed when all of them did.
    """
    from netwright.compendium import rows

    said = {row: " and ".join(sorted(outcomes.get(row.proof, {"not run"}))) for row in rows()}
    return [f"{row.id}: its proof was {word}: {row.proof}" for row, word in said.items() if word != "passed"]
