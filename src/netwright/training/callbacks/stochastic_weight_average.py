"""Stochastic weight averaging: the plain mean of the weights at the ends of the last epochs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from netwright.core.errors import InputError
from netwright.training.batches import move
from netwright.training.callbacks.callback import Callback
from netwright.training.callbacks.swapping import check_alone, copy_tensors, put_in, to_device
from netwright.training.feed import ROWS_AT_ONCE, Feed
from netwright.training.samples import Steps

if TYPE_CHECKING:
    from netwright.training.run import Run


@final
@dataclass(eq=False)
class StochasticWeightAverage(Callback):
    """Averages the weights of the last epochs; validation, early stopping and the run's end use the mean.

    Use it with a constant or cyclic learning rate that is rather high: the mean lies in the middle of a flat
    region that single epochs only touch the rim of, and often predicts better on new rows. From the first
    averaged epoch on, validation judges the mean; the weights themselves go on learning.

        a <- a + (w - a) / n    at the end of the n-th averaged epoch

    The running statistics of batch normalisation do not fit the mean, so they are computed anew by a pass
    over the training rows.

    Args:
        start: share of the epochs that goes by before averaging; the last epoch is always averaged.

    Raises:
        InputError: in training, when start is not from 0 to below 1, or the run averages in two ways.

    Example:
        >>> from netwright.training import Supervised, TensorSamples, Training
        >>> samples = TensorSamples(torch.randn(64, 2), torch.randn(64, 1))
        >>> training = Training(epochs=8, callbacks=[StochasticWeightAverage(start=0.5)])
        >>> record = training.run(torch.nn.Linear(2, 1), Supervised(torch.nn.MSELoss()), samples)
        >>> len(record.epochs)  # of which the last four were averaged
        8

    Source:
        Izmailov et al. (2018), "Averaging Weights Leads to Wider Optima and Better Generalization",
        arXiv:1803.05407.
    """

    start: float = 0.75

    def on_start(self, run: "Run") -> None:
        """Forget an earlier run."""
        if not 0 <= self.start < 1:
            raise InputError(
                "start must be a share from 0 to below 1", repr(self.start)[:40], "0.75 is usual"
            )
        check_alone(run, self, (StochasticWeightAverage,))
        self.n = 0
        self.average, self.raw = dict[str, Tensor](), dict[str, Tensor]()

    def on_validate(self, run: "Run") -> None:
        """Take the weights into the mean, and put the mean in."""
        if run.epoch <= self.start * run.epochs:
            return
        self.n += 1
        self.raw = copy_tensors(run.network)
        for name, parameter in run.network.named_parameters():
            now = parameter.detach()
            if name in self.average:
                self.average[name].lerp_(now, 1 / self.n)
            else:
                self.average[name] = now.clone()
        put_in(run.network, self.average)
        renew_statistics(run)

    def on_epoch_start(self, run: "Run") -> None:
        """Take the mean out again."""
        put_in(run.network, self.raw)
        self.raw = {}

    def on_end(self, run: "Run") -> None:
        """Leave in the network what is there: the last mean, or the best epoch's weights."""
        self.average, self.raw = {}, {}

    def state(self) -> dict[str, Any]:
        """Return the mean, of how many epochs it is, and the weights that it stands in the place of."""
        return {"n": self.n, "average": self.average, "raw": self.raw}

    def restore(self, run: "Run", state: dict[str, Any]) -> None:
        """Take all back."""
        self.n = state["n"]
        self.average, self.raw = to_device(state["average"], run), to_device(state["raw"], run)


def renew_statistics(run: "Run") -> None:
    """Compute the running statistics of batch normalisation by one pass over the training rows.

    They become the plain mean over batches, as torch.optim.swa_utils.update_bn makes them. Layers that
    compute as in evaluation, because they are frozen, keep theirs.

    Args:
        run: whose network has new weights.
    """
    layers = [m for m in run.network.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
    layers = [layer for layer in layers if layer.training]
    if not layers:
        return
    at_once = max(run.steps.batch_size, ROWS_AT_ONCE)
    steps = Steps(len(run.samples), min(at_once, len(run.samples)), smallest=run.steps.smallest)
    order = torch.Generator().manual_seed(run.seed)
    with _plain_mean(layers), torch.no_grad():
        for part, _ in Feed(run.samples, order, run.world).batches(steps):
            run.objective.loss(run.network, move(part, run.device))


@contextmanager
def _plain_mean(layers: list[_BatchNorm]) -> Iterator[None]:
    """Let layers begin their statistics anew, each batch counting the same."""
    kept = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    try:
        yield
    finally:
        for layer, momentum in zip(layers, kept, strict=True):
            layer.momentum = momentum
