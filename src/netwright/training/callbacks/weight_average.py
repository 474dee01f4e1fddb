"""The exponential moving average of the weights, which is judged and kept in their place."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import torch
from torch import Tensor

from netwright.core.errors import InputError
from netwright.training.callbacks.callback import Callback
from netwright.training.callbacks.stochastic_weight_average import StochasticWeightAverage
from netwright.training.callbacks.swapping import check_alone, copy_tensors, put_in, tensors_of, to_device

if TYPE_CHECKING:
    from netwright.training.run import Run


@final
@dataclass(eq=False)
class WeightAverage(Callback):
    """Keeps a moving average of the weights; validation, early stopping and the end of the run use it.

    Use it where the loss of the last epochs is noisy, with a constant or slowly falling learning rate, and
    for generative networks: the average is often as good as a run with a far smaller rate. The weights
    themselves go on learning as if nobody averaged them.

        a <- d a + (1 - d) w    after step t,    d = min(decay, (1 + t) / (10 + t))

    The running statistics of batch normalisation are averaged like the weights, so that they fit them;
    counters are copied.

    Args:
        decay: share of the average that a step leaves; 0.999 remembers about the last 1,000 steps.
        warm_up: whether a young average forgets faster, so that it leaves the random first weights behind.

    Raises:
        InputError: in training, when decay is not between 0 and 1, or the run averages in two ways.

    Example:
        >>> from netwright.training import Supervised, TensorSamples, Training
        >>> samples = TensorSamples(torch.randn(64, 2), torch.randn(64, 1))
        >>> training = Training(epochs=5, validation=0.25, callbacks=[WeightAverage(decay=0.99)])
        >>> record = training.run(torch.nn.Linear(2, 1), Supervised(torch.nn.MSELoss()), samples)
        >>> len(record.values("validation_loss"))  # of the averaged weights
        5

    Source:
        Polyak and Juditsky (1992), "Acceleration of Stochastic Approximation by Averaging",
        doi:10.1137/0330046; the moving form and its warm-up: TensorFlow's documentation,
        tf.train.ExponentialMovingAverage.
    """

    decay: float = 0.999
    warm_up: bool = True

    def on_start(self, run: "Run") -> None:
        """Begin with the first weights."""
        if not 0 <= self.decay < 1:
            raise InputError(
                "decay must be from 0 to below 1", repr(self.decay)[:40], "0.99 and 0.999 are usual"
            )
        check_alone(run, self, (WeightAverage, StochasticWeightAverage))
        self.average, self.raw = copy_tensors(run.network), dict[str, Tensor]()

    def on_step_end(self, run: "Run") -> None:
        """Let the average follow the weights."""
        steps = run.n_steps
        decay = min(self.decay, (1 + steps) / (10 + steps)) if self.warm_up else self.decay
        with torch.no_grad():
            for name, tensor in tensors_of(run.network).items():
                if tensor.is_floating_point():
                    self.average[name].lerp_(tensor, 1 - decay)
                else:
                    self.average[name].copy_(tensor)

    def on_validate(self, run: "Run") -> None:
        """Put the average in."""
        self.raw = copy_tensors(run.network)
        put_in(run.network, self.average)

    def on_epoch_start(self, run: "Run") -> None:
        """Take the average out again."""
        put_in(run.network, self.raw)
        self.raw = {}

    def on_end(self, run: "Run") -> None:
        """Leave in the network what is there: the last average, or the best one."""
        self.average, self.raw = {}, {}

    def state(self) -> dict[str, Any]:
        """Return the average, and the weights that learn while it stands in their place."""
        return {"average": self.average, "raw": self.raw}

    def restore(self, run: "Run", state: dict[str, Any]) -> None:
        """Take both back."""
        self.average, self.raw = to_device(state["average"], run), to_device(state["raw"], run)
