"""The Dice loss: how far the regions that are found overlap with the true ones."""

from typing import final

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import one_hot

from netwright.core.errors import InputError
from netwright.losses.reduction import check_reduction, reduce_losses


@final
class DiceLoss(nn.Module):
    """One minus the overlap of the found and the true region of each class, by the Dice coefficient.

    Use it where regions are small beside the background, which cross-entropy would fill them with: a class
    counts the same however few its pixels are. Its gradient is noisier than that of cross-entropy.

        loss = 1 - mean over c of (2 sum_i p_ic g_ic + s) / (sum_i p_ic^2 + sum_i g_ic^2 + s)

    with p = softmax(prediction) and g the one-hot target, i over the pixels of a picture that have a class;
    those below zero have none.

    Args:
        smooth: s, which makes a class that is rightly not there count as found.
        background: whether class 0 counts among the classes.
        reduction: "mean" over the pictures, "sum" or "none".

    Raises:
        InputError: when smooth is not above zero, or there are too few classes.

    Example:
        >>> import torch
        >>> sure = torch.tensor([[[[9.0, -9.0]], [[-9.0, 9.0]]]])  # one picture of 1 x 2 pixels
        >>> DiceLoss()(sure, torch.tensor([[[1, 1]]])).round(decimals=4)
        tensor(0.2500)

    Source:
        Milletari, Navab and Ahmadi (2016), "V-Net: Fully Convolutional Neural Networks for Volumetric Medical
        Image Segmentation", arXiv:1606.04797.
        Differs: a mean over classes where the paper has one, and `smooth`, without which a class that is
        nowhere would have no coefficient.
    """

    def __init__(self, smooth: float = 1.0, background: bool = False, reduction: str = "mean") -> None:
        super().__init__()
        if smooth <= 0:
            raise InputError("smooth must be above 0", str(smooth), "1 is usual")
        self.smooth, self.background = smooth, background
        self.reduction = check_reduction(reduction)

    def forward(
        self,
        prediction: Float[Tensor, "batch classes *positions"],
        target: Int[Tensor, "batch *positions"],
    ) -> Float[Tensor, "*losses"]:
        first = 0 if self.background else 1
        n_classes = prediction.shape[1]
        if n_classes <= first:
            raise InputError(
                "prediction must score two classes or more", str(n_classes), "add the background"
            )
        known = (target >= 0).flatten(1).unsqueeze(1)
        p = prediction.softmax(1)[:, first:].flatten(2) * known
        g = one_hot(target.clamp_min(0), n_classes).movedim(-1, 1)[:, first:].flatten(2) * known
        both, each = (p * g).sum(2), (p.square() + g).sum(2)
        overlap = (2 * both + self.smooth) / (each + self.smooth)
        return reduce_losses(1 - overlap.mean(1), self.reduction)
