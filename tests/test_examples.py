import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(name):
    done = subprocess.run([sys.executable, EXAMPLES / name], capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_is_held_to_what_it_says():
    here = Path(__file__).read_text()
    assert [name.name for name in EXAMPLES.glob("*.py") if f'run("{name.name}")' not in here] == []


def test_each_remedy_finds_more_of_a_rare_class_than_none():
    lines = run("rare_class.py").splitlines()[1:]
    found = {line[:20].strip(): int(line[20:].split("%")[0]) for line in lines}
    assert len(found) == 4
    assert min(share for name, share in found.items() if name != "nothing") > found["nothing"]
