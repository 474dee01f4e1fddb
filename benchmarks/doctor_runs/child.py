"""One script, plain or watched, in a process of its own: python child.py plain|watched SCRIPT OUT.json

Writes the processor seconds between the first and the last step of its optimizers, the steps, and hashes of
what must not depend on a watcher: all that was trained, and the random streams.
"""

import hashlib
import json
import random
import runpy
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.watcher import Watcher


class Clock:
    """Processor time at the first and last step, and who took steps."""

    def __init__(self) -> None:
        self.first = self.last = 0.0
        self.steps = 0
        self.optimizers: dict[int, Optimizer] = {}

    def before(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """Hear that a step begins."""
        self.first = self.first or time.process_time()
        self.optimizers.setdefault(id(optimizer), optimizer)

    def after(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """Hear that a step ended."""
        self.steps += 1
        self.last = time.process_time()


def main() -> None:
    """Run the script and write what was measured."""
    how, script, out = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    sys.argv, sys.path[0] = [script], str(Path(script).parent)
    clock, watcher, ended = Clock(), Watcher(), ""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    register_optimizer_step_pre_hook(clock.before)
    with watching(watcher) if how == "watched" else nullcontext():
        register_optimizer_step_post_hook(clock.after)
        try:
            runpy.run_path(script, run_name="__main__")
        except BaseException as error:
            ended = f"{type(error).__name__}: {error}"
    trained = [
        parameter
        for optimizer in clock.optimizers.values()
        for group in optimizer.param_groups
        for parameter in group["params"]
    ]
    told = {
        "ended": ended,
        "steps": clock.steps,
        "seconds": clock.last - clock.first,
        "weights": _hash(b"".join(map(_bytes, trained))),
        "streams": _hash(
            repr((random.getstate(), np.random.get_state())).encode(),  # noqa: NPY002
            _bytes(torch.get_rng_state()),
        ),
        "gave_up": watcher.facts.gave_up,
    }
    out.write_text(json.dumps(told))


def _bytes(tensor: Tensor) -> bytes:
    flat = tensor.detach().cpu().clone(memory_format=torch.contiguous_format).reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes()


def _hash(*parts: bytes) -> str:
    return hashlib.sha256(b"|".join(parts)).hexdigest()


if __name__ == "__main__":
    main()
