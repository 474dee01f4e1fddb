"""Two segmenters in a cascade: the first finds an organ, the second looks for lesions inside it."""

from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class CascadedFCN(nn.Module):
    """A small thing inside a large one: found by a second network that looks at the large one alone, closely.

    Use it where the classes are nested (a lesion in a liver, a defect in a part) and the inner ones are too
    small for one network to outline. The second network sees the box of what the first has found, enlarged
    to `size`.

        p = P(organ | x),  box = that of p > 1/2, and a margin
        q = P(lesion | x in the box),  0 outside of it
        P(background) = 1 - p,  P(organ alone) = p (1 - q),  P(lesion) = p q

    The answer is the logarithm of these three, so that cross-entropy with classes 0, 1 and 2 (background,
    organ, lesion) trains both at once. Where the first finds nothing, the second sees the whole picture.

    Args:
        first: pictures -> (batch, 2, height, width) logits of background and organ.
        second: cut-out pictures -> (batch, 2, size, size) logits of organ alone and lesion.
        size: pixels of each side of what the second one sees.
        margin: share of the box that is added on each side.

    Raises:
        InputError: when size or margin is too small, or a network does not give two classes.

    Example:
        >>> from netwright.nets import FCN
        >>> small = {"channels": 1, "n_outputs": 2, "widths": (4, 8), "hidden": 8, "skips": 1}
        >>> network = CascadedFCN(FCN(**small), FCN(**small), size=16)
        >>> network(torch.zeros(2, 1, 24, 24)).shape
        torch.Size([2, 3, 24, 24])

    Source:
        Christ et al. (2016), "Automatic Liver and Lesion Segmentation in CT Using Cascaded Fully
        Convolutional Neural Networks and 3D Conditional Random Fields", arXiv:1610.02177.
        Differs: two-dimensional pictures of any kind, and no conditional random field behind the networks.
    """

    def __init__(self, first: nn.Module, second: nn.Module, size: int = 64, margin: float = 0.1) -> None:
        super().__init__()
        if size < 1 or margin < 0:
            raise InputError(
                "size must be at least 1 and margin not negative", f"{size} and {margin}", "e.g. 64"
            )
        self.first, self.second, self.size, self.margin = first, second, size, margin

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch classes height width"]:
        organ = self.first(x).to(x.dtype)  # under autocast, places would be rounded
        if organ.shape[1] != 2:
            raise InputError("first must give two classes", str(organ.shape[1]), "build it with n_outputs=2")
        centre, half = self._boxes(organ.detach())
        lesion = self.second(_cut(x, centre, half, self.size)).to(x.dtype)
        log_p, log_q = organ.log_softmax(1), _log_odds(lesion)
        pasted, inside = _paste(log_q, centre, half, x.shape[2:])
        log_lesion = torch.where(inside, F.logsigmoid(pasted), -_FAR)
        log_alone = torch.where(inside, F.logsigmoid(-pasted), 0.0)
        return torch.cat([log_p[:, :1], log_p[:, 1:] + log_alone, log_p[:, 1:] + log_lesion], dim=1)

    def _boxes(self, organ: Tensor) -> tuple[Tensor, Tensor]:
        """Centre and half the sides of what was found, (batch, 2) each, in the picture's own -1 to 1."""
        found = organ[:, 1] > organ[:, 0]
        bounds = [_bounds(found.any(axis)) for axis in (1, 2)]  # of columns, then of rows
        low, high = torch.stack([b[0] for b in bounds], 1), torch.stack([b[1] for b in bounds], 1)
        low, high = low.to(organ.dtype), high.to(organ.dtype)
        centre, half = (low + high) / 2, (high - low) / 2 * (1 + 2 * self.margin)
        return centre, half


_FAR = 30.0
"""What stands for the logarithm of nothing: exp(-30) is 1e-13."""


def _bounds(found: Tensor) -> tuple[Tensor, Tensor]:
    """Where the found pixels begin and end along an axis of -1 to 1, (batch) each; all of it if none is."""
    n = found.shape[1]
    any_found = found.any(1)
    places = torch.arange(n, device=found.device)
    first = torch.where(found, places, n).amin(1)
    last = torch.where(found, places, -1).amax(1)
    low = torch.where(any_found, first, 0) * (2.0 / n) - 1
    high = (torch.where(any_found, last, n - 1) + 1) * (2.0 / n) - 1
    return low, high


def _cut(x: Tensor, centre: Tensor, half: Tensor, size: int) -> Tensor:
    """The box of each picture, enlarged, (batch, channels, size, size)."""
    steps = (torch.arange(size, device=x.device, dtype=x.dtype) * 2 + 1) / size - 1
    places = centre[:, None] + half[:, None] * steps[:, None]  # (batch, size, 2)
    grid = torch.stack(
        [
            places[:, None, :, 0].expand(-1, size, -1),
            places[:, :, None, 1].expand(-1, -1, size),
        ],
        dim=-1,
    )
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def _paste(y: Tensor, centre: Tensor, half: Tensor, shape: torch.Size) -> tuple[Tensor, Tensor]:
    """What was computed in the box, at the size of the picture, and where the box is."""
    axes = []
    for axis, pixels in ((0, shape[1]), (1, shape[0])):
        steps = (torch.arange(pixels, device=y.device, dtype=y.dtype) * 2 + 1) / pixels - 1
        axes.append((steps - centre[:, axis, None]) / half[:, axis, None])
    across, down = axes[0][:, None].expand(-1, shape[0], -1), axes[1][:, :, None].expand(-1, -1, shape[1])
    grid = torch.stack([across, down], dim=-1)
    inside = ((across.abs() <= 1) & (down.abs() <= 1))[:, None]
    return F.grid_sample(y, grid, padding_mode="border", align_corners=False), inside


def _log_odds(logits: Tensor) -> Tensor:
    """Of the lesion, (batch, 1, size, size)."""
    if logits.shape[1] != 2:
        raise InputError("second must give two classes", str(logits.shape[1]), "build it with n_outputs=2")
    return logits[:, 1:] - logits[:, :1]
