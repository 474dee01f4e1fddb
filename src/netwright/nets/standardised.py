"""A network for pictures behind the standardising of its pixels."""

from collections.abc import Callable, Sequence
from typing import Any, final

from jaxtyping import Float, UInt8
from torch import Tensor, nn

from netwright.layers import Standardise


@final
class Standardised(nn.Module):
    """Any network for pictures, with `Standardise` before it: bytes in, answers out.

    Use it so that what is saved, explained or served needs no preparation of its own. Where the network looks
    in two steps, `features` and `classify`, so does this one.

        y = network((x - mean) / scale)

    Args:
        network: takes float32 (batch, channels, height, width).
        mean: of each channel over the training rows.
        scale: of each channel, above 0.

    Example:
        >>> import torch
        >>> network = Standardised(nn.Flatten(), mean=[2.0], scale=[4.0])
        >>> network(torch.tensor([[[[10, 2]]]], dtype=torch.uint8))
        tensor([[2., 0.]])
    """

    def __init__(self, network: nn.Module, mean: Sequence[float], scale: Sequence[float]) -> None:
        super().__init__()
        self.standardise = Standardise(mean, scale)
        self.network = network

    def forward(
        self, x: UInt8[Tensor, "batch channels height width"] | Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch ..."]:
        answer: Tensor = self.network(self.standardise(x))
        return answer

    @property
    def features(self) -> Callable[[Tensor], Tensor]:
        """From pictures to the last maps, where the network inside has such a step."""
        inner: Any = self.network.features
        return lambda x: inner(self.standardise(x))

    @property
    def classify(self) -> Callable[[Tensor], Tensor]:
        """From the last maps to the answer, where the network inside has such a step."""
        inner: Any = self.network.classify
        return inner  # type: ignore[no-any-return]
