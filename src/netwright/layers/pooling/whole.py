"""Global pooling: each map, or each feature of a sequence, becomes one number."""

from typing import final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn


@final
class GlobalAveragePool(nn.Module):
    """Mean of each map over all its pixels or steps, whatever their number.

    Use it between the last convolution and the classifier in place of flattening: the head needs one weight
    per map instead of one per pixel, and takes images of any size.

        y[c] = mean over all places of x[c]

    Example:
        >>> GlobalAveragePool()(torch.ones(2, 8, 5, 7)).shape
        torch.Size([2, 8])

    Source:
        Lin, Chen and Yan (2013), "Network In Network", arXiv:1312.4400.
    """

    def __init__(self) -> None:
        super().__init__()

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels"]:
        # over the middle axis, so that where channels lie last in memory those of the gradient do, too
        return x.flatten(2).transpose(1, 2).mean(dim=1)


@final
class GlobalMaxPool(nn.Module):
    """Largest value of each map over all its pixels or steps, whatever their number.

    Use it as `GlobalAveragePool` where one strong answer anywhere should decide.

        y[c] = max over all places of x[c]

    Example:
        >>> GlobalMaxPool()(torch.ones(2, 8, 5, 7)).shape
        torch.Size([2, 8])

    Source:
        Oquab et al. (2015), "Is Object Localization for Free? Weakly-Supervised Learning with Convolutional
        Neural Networks", CVPR.
    """

    def __init__(self) -> None:
        super().__init__()

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch channels"]:
        return x.flatten(2).amax(dim=2)


@final
class AverageOverTime(nn.Module):
    """Mean of each feature over the real steps of a sequence.

    Use it to turn the outputs of a recurrent network or a transformer, (batch, time, features), into one
    vector per sequence; padded steps do not count. A sequence without any real step gives zeros.

        y = sum_t mask_t x_t / sum_t mask_t

    Example:
        >>> x = torch.tensor([[[1.0], [3.0], [99.0]]])
        >>> AverageOverTime()(x, torch.tensor([[True, True, False]]))
        tensor([[2.]])

    Source:
        Lin, Chen and Yan (2013), "Network In Network", arXiv:1312.4400.
    """

    def __init__(self) -> None:
        super().__init__()

    def forward(
        self, x: Float[Tensor, "batch time features"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch features"]:
        if mask is None:
            return x.mean(dim=1)
        total = x.masked_fill(~mask[:, :, None], 0.0).sum(dim=1)
        return total / mask.sum(dim=1, keepdim=True).clamp(min=1)


@final
class MaxOverTime(nn.Module):
    """Largest value of each feature over the real steps of a sequence.

    Use it as `AverageOverTime` where it matters whether a feature appears at all. A sequence without any real
    step gives zeros.

        y = max over the t with mask_t of x_t

    Example:
        >>> x = torch.tensor([[[1.0], [3.0], [99.0]]])
        >>> MaxOverTime()(x, torch.tensor([[True, True, False]]))
        tensor([[3.]])

    Source:
        Collobert et al. (2011), "Natural Language Processing (almost) from Scratch", arXiv:1103.0398.
    """

    def __init__(self) -> None:
        super().__init__()

    def forward(
        self, x: Float[Tensor, "batch time features"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch features"]:
        if mask is None:
            return x.amax(dim=1)
        strongest = x.masked_fill(~mask[:, :, None], -torch.inf).amax(dim=1)
        return strongest.masked_fill(~mask.any(dim=1, keepdim=True), 0.0)
