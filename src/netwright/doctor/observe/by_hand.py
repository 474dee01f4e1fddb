"""Whether weights move between two backward passes without any optimizer."""

from collections.abc import Iterable

from torch import Tensor, nn

from netwright.doctor.observe.tape import version_of


class ByHand:
    """Keeps an eye on some weights.

    Example:
        >>> import torch
        >>> layer, by_hand = nn.Linear(2, 1), ByHand()
        >>> by_hand.look_at(layer, ())
        >>> with torch.no_grad():
        ...     _ = layer.weight.mul_(0.9)
        >>> by_hand.moved
        True
    """

    def __init__(self) -> None:
        self.versions: list[tuple[Tensor, int]] = []

    @property
    def moved(self) -> bool:
        """Whether one of the weights was written into since they were looked at."""
        return any(version_of(one) != version for one, version in self.versions)

    @property
    def copies(self) -> list[tuple[Tensor, Tensor]]:
        """The weights, and what they are now."""
        return [(one, one.detach().clone()) for one, _ in self.versions]

    def look_at(self, module: nn.Module | None, loose: Iterable[Tensor]) -> None:
        """Look at the first and the last weight of a network, and the first of those that stand alone.

        Args:
            module: that was called last.
            loose: weights that were used by themselves.
        """
        parameters = module.parameters() if module is not None else ()
        weights: list[Tensor] = [one for one in parameters if one.requires_grad]
        self.versions = [(one, version_of(one)) for one in weights[:1] + weights[-1:] + list(loose)[:1]]

    def look_away(self) -> None:
        """Look at none, as where it is known that optimizers take the steps."""
        self.versions = []
