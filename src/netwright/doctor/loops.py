"""A doctor beside one's own loop: it watches what happens inside a block."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from netwright.doctor.diagnosis import Diagnosis
from netwright.doctor.examination import examine_facts
from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.watcher import Watcher


@dataclass
class Seen:
    """What a doctor saw inside a block.

    Args:
        diagnosis: made when the block has ended; None inside of it.

    Example:
        >>> Seen().diagnosis is None
        True
    """

    diagnosis: Diagnosis | None = None


@contextmanager
def watch(budget: float | None = None) -> Iterator[Seen]:
    """Watch the training inside of a block, and say afterwards what is wrong with it.

    Nothing about the training changes: what is tried is tried on copies when the block has ended. A block
    that ends by an error is judged as far as it came, and the error goes on.

    Args:
        budget: seconds for references and trials; 40 % of the time of the block, 20 at most, when None.

    Raises:
        RuntimeError: when a doctor is watching already.

    Example:
        >>> import torch
        >>> network = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Softmax(1))
        >>> optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        >>> with watch() as seen:
        ...     for _ in range(3):
        ...         optimizer.zero_grad()
        ...         scores = network(torch.randn(32, 2))
        ...         loss = torch.nn.functional.cross_entropy(scores, torch.arange(32) % 3)
        ...         loss.backward()
        ...         _ = optimizer.step()
        >>> seen.diagnosis.alarms[0].kind
        'softmax_before_ce'
    """
    seen, watcher = Seen(), Watcher()
    try:
        with watching(watcher):
            yield seen
    except Exception as error:
        watcher.facts.crash = f"{type(error).__name__}: {error}"
        raise
    finally:
        seen.diagnosis = examine_facts(watcher.facts, budget)
