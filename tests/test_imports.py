"""The front door costs nothing, and each room opens on first touch."""

import importlib.metadata
import json
import pkgutil
import subprocess
import sys

import pytest

import netwright

HEAVY = {"torch", "numpy", "sklearn", "pandas", "scipy", "matplotlib", "skops", "pydantic"}
LOADED = "import json, sys; print(json.dumps(sorted(sys.modules)), file=sys.stderr)"


@pytest.mark.parametrize(
    "code",
    [
        "import netwright",
        "import netwright.compendium; netwright.compendium.search('loss')",
        "import netwright; dir(netwright)",
        "import sys; sys.argv = ['netwright', '--help']\n"
        "import runpy\n"
        "try: runpy.run_module('netwright', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code",
    ],
)
def test_the_front_door_loads_nothing_heavy(code):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}
    assert not loaded & HEAVY


def test_every_room_that_exists_is_listed():
    rooms = {module.name for module in pkgutil.iter_modules(netwright.__path__)}
    assert set(netwright.__all__) == rooms - {"__main__", "cli"}
    assert netwright.__all__ == sorted(netwright.__all__)


def test_every_room_opens_on_first_touch():
    for name in netwright.__all__:
        assert getattr(netwright, name).__name__ == f"netwright.{name}"
        assert name in dir(netwright)


def test_an_unknown_room_is_an_attribute_error_that_lists_the_rooms():
    with pytest.raises(AttributeError, match="no room 'basement'; its rooms are compendium, "):
        _ = netwright.basement


def test_the_version_is_said_once():
    assert importlib.metadata.version("netwright") == netwright.__version__
