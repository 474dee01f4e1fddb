"""Everything that one training run leaves behind."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Choice:
    """A setting that was chosen automatically, with the reason.

    Args:
        name: the setting.
        value: what was chosen.
        reason: why, with the numbers that led to it.
        source: the paper or rule behind it; empty where it is arithmetic.

    Example:
        >>> Choice("threads", 1, "a step is too small for two").value
        1
    """

    name: str
    value: Any
    reason: str
    source: str = ""


@dataclass
class Record:
    """The history, the choices and the ending of one run.

    Args:
        epochs: one dictionary per epoch: "epoch" (from 1), "loss", "validation_loss" where there are
            validation samples, "learning_rate", and every metric by its name.
        choices: automatic choices with their reasons.
        stopped: why the run ended, in words.
        best_epoch: the epoch whose weights the network has now, from 1; 0 before the first.
        n_rows: training rows.
        n_validation_rows: validation rows.
        batch_size: rows per step.
        steps_per_epoch: steps in one pass over the training rows, the short last one included.
        threads: threads that torch used.
        seconds: wall-clock time of each epoch; two runs of the same call may differ in nothing else, so it
            is neither compared nor saved.

    Example:
        >>> record = Record(epochs=[{"epoch": 1, "loss": 0.7}, {"epoch": 2, "loss": 0.5}])
        >>> record.values("loss")
        [0.7, 0.5]
    """

    epochs: list[dict[str, float]] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    stopped: str = ""
    best_epoch: int = 0
    n_rows: int = 0
    n_validation_rows: int = 0
    batch_size: int = 0
    steps_per_epoch: int = 0
    threads: int = 1
    seconds: list[float] = field(default_factory=list, compare=False, metadata={"saved": False})

    def values(self, name: str) -> list[float]:
        """Return one value per epoch of that name, leaving out epochs that lack it.

        Args:
            name: a key of the dictionaries in `epochs`.

        Example:
            >>> Record().values("loss")
            []
        """
        return [epoch[name] for epoch in self.epochs if name in epoch]

    def state(self, stopped: str) -> dict[str, Any]:
        """Return what a checkpoint keeps: the history, without the choices, which a resumed run makes again.

        Args:
            stopped: why the run ended; empty while it goes on.

        Example:
            >>> Record(best_epoch=2).state(stopped="")["best_epoch"]
            2
        """
        epochs = [dict(epoch) for epoch in self.epochs]
        return {
            "epochs": epochs,
            "stopped": stopped,
            "best_epoch": self.best_epoch,
            "seconds": list(self.seconds),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave.

        Args:
            state: of a record of the same call.

        Example:
            >>> record = Record()
            >>> record.restore(Record(best_epoch=2).state(stopped=""))
            >>> record.best_epoch
            2
        """
        for name, value in state.items():
            setattr(self, name, value)
