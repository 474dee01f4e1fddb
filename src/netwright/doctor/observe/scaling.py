"""Losses that were multiplied before they are differentiated, so that small gradients are not lost."""

from torch import Tensor


class Scaling:
    """Knows what the last multiplied loss was before.

    Example:
        >>> import torch
        >>> scaling, loss = Scaling(), torch.ones(())
        >>> scaled = loss * 65536
        >>> scaling.note(loss, scaled)
        >>> scaling.undo(scaled) is loss
        True
    """

    def __init__(self) -> None:
        self.last: tuple[Tensor, Tensor] | None = None

    def note(self, loss: Tensor, scaled: Tensor) -> None:
        """Hear that a loss was multiplied.

        Args:
            loss: before.
            scaled: after.
        """
        self.last = loss, scaled

    def undo(self, loss: Tensor) -> Tensor:
        """Return the loss as it was before, or itself.

        Args:
            loss: that is differentiated.
        """
        if self.last is None or self.last[1] is not loss:
            return loss
        return self.last[0]
