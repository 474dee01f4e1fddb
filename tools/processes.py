"""Runs a function of a test file on several processes, as torchrun does it for anyone's script.

The file calls `main(globals())` at its end; `run(__file__, "name", folder)` starts it there, and gives what
the function, called with the folder and the World, returned in each process.
"""

import os
import subprocess
import sys
from pathlib import Path

TOOLS = str(Path(__file__).resolve().parent)


def run(file, name, folder, n=2, seconds=120):
    """Return the answers of all processes in the order of their ranks."""
    done = start(file, name, folder, n).communicate(timeout=seconds)
    from netwright.core.state import read_state

    answers = [Path(folder) / f"{name}-{rank}.state" for rank in range(n)]
    assert all(answer.exists() for answer in answers), "".join(done)
    return [read_state(answer) for answer in answers]


def start(file, name, folder, n=2):
    """Start the processes and return the one that watches over them."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(n)]
    return subprocess.Popen(
        [*command, str(file), name, str(folder)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": TOOLS},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def main(names):
    """Where the file is run as a script: call the function that the command line names."""
    if names["__name__"] != "__main__":
        return
    from netwright.core.state import copy_state, write_state
    from netwright.training.distribute import join_world

    name, folder = sys.argv[1], Path(sys.argv[2])
    with join_world() as world:
        answer = names[name](folder, world)
    write_state(folder / f"{name}-{os.environ['RANK']}.state", copy_state(answer))
