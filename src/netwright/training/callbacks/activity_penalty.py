"""Activity penalty: hidden units that are large or often on cost something."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, final

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from netwright.core.errors import InputError
from netwright.training.callbacks.callback import Callback
from netwright.training.callbacks.naming import check_positive

if TYPE_CHECKING:
    from netwright.training.objective import Player
    from netwright.training.run import Run


@final
@dataclass(eq=False)
class ActivityPenalty(Callback):
    """Adds the mean size of the outputs of some modules to the loss.

    Use it with power 1 for sparse hidden units, in which only few speak at a time, as in sparse
    autoencoders; with power 2 against outputs that grow without need, as in recurrent networks. It counts in
    training alone: neither the recorded loss nor validation contains it.

        loss + strength * sum_m mean(|output_m| ** power)

    Args:
        strength: of the penalty.
        modules: names of modules, as `network.named_modules()` gives them; each must give one tensor.
        power: 1 for absolute values, 2 for squares.

    Raises:
        InputError: in training, when there is no such module, or one gives something else than a tensor.

    Example:
        >>> ActivityPenalty(strength=0.01, modules=["encoder"])
        ActivityPenalty(strength=0.01, modules=['encoder'], power=1)

    Source:
        Tibshirani (1996), "Regression Shrinkage and Selection via the Lasso",
        doi:10.1111/j.2517-6161.1996.tb02080.x.
        Differs: outputs are penalised in place of weights.
    """

    strength: float
    modules: Sequence[str]
    power: Literal[1, 2] = 1

    needs_autograd: ClassVar[bool] = True

    def on_start(self, run: "Run") -> None:
        """Listen to the modules."""
        check_positive("strength", self.strength)
        if self.power not in (1, 2):
            raise InputError("power must be 1 or 2", repr(self.power)[:40], "take 1 for sparse outputs")
        named = dict(run.network.named_modules())
        names = [self.modules] if isinstance(self.modules, str) else list(self.modules)
        if unknown := [name for name in names if name not in named]:
            shown = ", ".join([name for name in named if name][:8])
            raise InputError(
                f"modules must be names of modules ({shown})", repr(unknown[0])[:40], "see named_modules()"
            )
        self.network, self.sizes = run.network, list[Tensor]()
        self.hooks: list[RemovableHandle] = [
            named[name].register_forward_hook(self._listen) for name in names
        ]

    def on_loss(self, run: "Run", player: "Player", loss: Tensor) -> Tensor:
        """Add what was heard while this loss was computed."""
        heard, self.sizes = self.sizes, []
        return torch.stack(heard).sum() * self.strength + loss if heard else loss

    def on_end(self, run: "Run") -> None:
        """Listen no more."""
        for hook in self.hooks:
            hook.remove()
        del self.hooks, self.network, self.sizes

    def _listen(self, module: nn.Module, inputs: Any, output: Any) -> None:
        if not (self.network.training and torch.is_grad_enabled()):
            return
        if not isinstance(output, Tensor):
            raise InputError(
                "modules whose outputs are penalised must give one tensor",
                type(output).__name__,
                "name a module inside of it, or the one that takes it",
            )
        size = output.float().abs() if self.power == 1 else output.float().square()
        self.sizes.append(size.mean())
