"""Max-norm: after each step, the weights that lead into a unit are pulled back into a ball."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor, nn

from netwright.training.callbacks.callback import Callback
from netwright.training.callbacks.naming import Names, check_positive, choose_names, weight_names

if TYPE_CHECKING:
    from netwright.training.run import Run

EPSILON = 1e-7
"""As in Keras: keeps a unit without weights from a division by zero."""


@final
@dataclass(eq=False)
class MaxNorm(Callback):
    """Keeps the norm of the weights that lead into each unit at or below a bound.

    Use it with dropout and large learning rates: however high the rate, weights cannot run away. Bounds of 3
    to 5 are usual. Within the bound weights are left alone; biases and frozen parameters always are.

        w <- w * min(1, max_norm / ||w||)     after each step, for each unit's incoming w

    Args:
        max_norm: the largest norm.
        parameters: names of parameters or of modules that hold them, or a function of names; None for the
            weights of all linear and convolutional layers.
        dim: axes over which the norm is taken; None for those that lead into one unit, which are all but the
            first, and in transposed convolutions all but the second.

    Raises:
        InputError: in training, when a name fits nothing or the bound is not above zero.

    Example:
        >>> from netwright.training import Supervised, TensorSamples, Training
        >>> network = nn.Linear(2, 1)
        >>> samples = TensorSamples(torch.ones(8, 2), torch.full((8, 1), 99.0))
        >>> training = Training(epochs=9, learning_rate=1.0, validation=0, callbacks=[MaxNorm(2.0)])
        >>> _ = training.run(network, Supervised(nn.MSELoss()), samples)
        >>> round(network.weight.norm().item(), 4)
        2.0

    Source:
        Srebro and Shraibman (2005), "Rank, Trace-Norm and Max-Norm", doi:10.1007/11503415_37; in deep
        networks: Srivastava et al. (2014), "Dropout: A Simple Way to Prevent Neural Networks from
        Overfitting", JMLR 15.
    """

    max_norm: float = 4.0
    parameters: Names | None = None
    dim: int | tuple[int, ...] | None = None

    def on_start(self, run: "Run") -> None:
        """Look up the parameters and the axes that lead into a unit."""
        check_positive("max_norm", self.max_norm)
        named = dict(run.network.named_parameters())
        names = (
            weight_names(run.network)
            if self.parameters is None
            else choose_names(named, self.parameters, "parameters")
        )
        self.found: list[tuple[nn.Parameter, int, tuple[int, ...]]] = []
        for name in names:
            if named[name].ndim > 1:
                holder = run.network.get_submodule(name.rpartition(".")[0])
                self.found.append((named[name], *self._axes(named[name], holder)))

    def on_step_end(self, run: "Run") -> None:
        """Pull back what stands outside."""
        with torch.no_grad():
            for parameter, n_groups, axes in self.found:
                if parameter.requires_grad:
                    project(parameter.view(n_groups, -1, *parameter.shape[1:]), self.max_norm, axes)

    def on_end(self, run: "Run") -> None:
        """Let the parameters go."""
        self.found = []

    def _axes(self, parameter: nn.Parameter, holder: nn.Module) -> tuple[int, tuple[int, ...]]:
        """The groups of units that share inputs, and the axes of one unit once the first is cut in groups."""
        if self.dim is not None:
            dims = (self.dim,) if isinstance(self.dim, int) else self.dim
            return 1, tuple(dim % parameter.ndim + 1 for dim in dims)
        if isinstance(holder, nn.modules.conv._ConvTransposeNd):
            return holder.groups, (1, *range(3, parameter.ndim + 1))
        return 1, tuple(range(2, parameter.ndim + 1))


def project(weight: Tensor, max_norm: float, axes: tuple[int, ...]) -> None:
    """Pull vectors that are longer than a bound back to it, in place.

    Args:
        weight: of any shape.
        max_norm: the bound.
        axes: along which one vector lies.

    Example:
        >>> weight = torch.tensor([[3.0, 4.0], [0.3, 0.4]])
        >>> project(weight, 1.0, (1,))
        >>> weight
        tensor([[0.6000, 0.8000],
                [0.3000, 0.4000]])
    """
    norm = torch.linalg.vector_norm(weight, dim=axes, keepdim=True)
    weight *= (max_norm / (norm + EPSILON)).clamp(max=1)
