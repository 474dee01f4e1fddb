"""Epochs of compiled work in threads without locks, with a rate that falls by the words that are done."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError
from netwright.training.hogwild.checkpoint import EpochCheckpoint, KeptState

Work = Callable[[int, int, int, NDArray[np.int64], int, int], tuple[float, int]]
"""(begin, end, seed, words done by each part, place of its own, words before) -> (loss, predictions)."""


@dataclass(frozen=True)
class EpochReport:
    """What a callback is told after an epoch: loss and speed.

    An estimator of words gives one to its `callback`, for which `print` will do.

    Args:
        epoch: from 1.
        n_epochs: in all.
        loss: mean over what was predicted; NaN where it was not asked for.
        seconds: of this epoch.
        words_per_second: of this epoch.

    Example:
        >>> print(EpochReport(1, 5, 2.5, 0.5, 2_400_000.0))
        epoch 1 of 5: loss 2.5000, 2.40 million words a second

    Source:
        Rehurek and Sojka (2010), "Software Framework for Topic Modelling with Large Corpora",
        https://is.muni.cz/repo/884893 (gensim, whose callbacks tell the loss of an epoch)
    """

    epoch: int
    n_epochs: int
    loss: float
    seconds: float
    words_per_second: float

    def __str__(self) -> str:
        loss = "" if np.isnan(self.loss) else f"loss {self.loss:.4f}, "
        speed = f"{self.words_per_second / 1e6:.2f} million words a second"
        return f"epoch {self.epoch} of {self.n_epochs}: {loss}{speed}"


def run_epochs(
    work: Work,
    cuts: Sequence[int],
    *,
    n_words: int,
    epochs: range,
    n_threads: int,
    seed: int,
    callback: Callable[[EpochReport], object] | None = None,
    kept: KeptState | None = None,
) -> list[EpochReport]:
    """Run epochs over parts of a stream, in threads that write to the same weights without locks.

    Each part of each epoch has a seed of its own, whichever thread takes it. With one thread the parts come
    one after the other, and the result is the same to the last bit each time.

    Args:
        work: does one part: (begin, end, seed, counts, place, before) -> (sum of losses, predictions). It
            keeps the words that it has done in `counts[place, 0]`; all counts and `before` together say how
            far the training is.
        cuts: where parts begin and end.
        n_words: of an epoch.
        epochs: those that are run, of `epochs.stop` in all; those before its start are taken as done.
        n_threads: 1 or more.
        seed: of all random numbers.
        callback: is given a report after each epoch; if it returns True, the training ends. An
            `EpochCheckpoint` keeps the state after each, and the epochs that it has are not run again.
        kept: the tables that `work` changes, for a checkpoint.

    Raises:
        InputError: when there is a checkpoint, and nobody has said what it shall keep.
        ModelError: when the checkpoint is that of another training.

    Example:
        >>> add = lambda begin, end, seed, counts, place, before: (float(end - begin), end - begin)
        >>> (report,) = run_epochs(add, [0, 3, 5], n_words=5, epochs=range(1), n_threads=1, seed=0)
        >>> report.loss
        1.0

    Source:
        Recht, Re, Wright and Niu (2011), "Hogwild!: A Lock-Free Approach to Parallelizing Stochastic Gradient
        Descent", arXiv:1106.5730
    """
    checkpoint = _checkpoint_of(callback, kept)
    reports, finished = _restored(checkpoint, kept)
    n_parts = len(cuts) - 1
    with ThreadPoolExecutor(n_threads) as pool:
        for epoch in epochs[len(reports) :] if not finished else ():
            start = time.perf_counter()
            counts = np.zeros((n_parts, 8), np.int64)  # a line of the cache for each part
            seeds = (np.random.SeedSequence([seed, epoch]).generate_state(n_parts, np.uint64) >> 2).tolist()

            def one(
                part: int, counts: NDArray[np.int64] = counts, seeds: list[int] = seeds, epoch: int = epoch
            ) -> tuple[float, int]:
                return work(cuts[part], cuts[part + 1], seeds[part], counts, part, epoch * n_words)

            told = list(map(one, range(n_parts)) if n_threads == 1 else pool.map(one, range(n_parts)))
            seconds = max(time.perf_counter() - start, 1e-9)
            loss, n = sum(loss for loss, _ in told), sum(n for _, n in told)
            mean = loss / n if n else float("nan")
            reports.append(EpochReport(epoch + 1, epochs.stop, mean, seconds, n_words / seconds))
            if _ends(callback, checkpoint, kept, reports):
                break
    return reports


def _checkpoint_of(callback: object, kept: KeptState | None) -> EpochCheckpoint | None:
    if not isinstance(callback, EpochCheckpoint):
        return None
    if kept is None:
        raise InputError(
            "callback must be a function here", "an EpochCheckpoint", "it does not serve this one"
        )
    return callback


def _restored(checkpoint: EpochCheckpoint | None, kept: KeptState | None) -> tuple[list[EpochReport], bool]:
    if checkpoint is None or kept is None:
        return [], False
    values, finished = checkpoint.restore(kept)
    return [EpochReport(*one) for one in values], finished


def _ends(
    callback: Callable[[EpochReport], object] | None,
    checkpoint: EpochCheckpoint | None,
    kept: KeptState | None,
    reports: list[EpochReport],
) -> bool:
    """Keep and tell what an epoch has done, kept first; whether it shall be the last one."""
    told = [list(astuple(report)) for report in reports]
    if checkpoint is not None and kept is not None:
        checkpoint.write(kept, told, finished=False)
    ends = callback is not None and callback(reports[-1]) is True
    if ends and checkpoint is not None and kept is not None:
        checkpoint.write(kept, told, finished=True)
    return ends
