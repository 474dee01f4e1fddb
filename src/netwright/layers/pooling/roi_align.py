"""RoIAlign: a map of one size for each region of a picture, sampled where the region is, to the subpixel."""

from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class RoIAlign(nn.Module):
    """Cuts regions out of feature maps and brings them to one size, without rounding any coordinate.

    Use it between a network that looks at whole pictures and one that looks at regions of them, as in
    detection: an outline found in the region's map can be put back to where it was.

        y(p, q) = mean over i, j of x(v_pi, u_qj)

    where v_pi and u_qj are `samples` points in each of the region's `size` x `size` equal cells, and x is
    bilinear between pixels. Points more than a pixel outside of the map count as zero, those up to a pixel
    outside as the edge.

    Args:
        size: cells of a region in each direction.
        scale: pixels of the map for one pixel of the picture, such as 1/4.
        samples: points of a cell in each direction.
        aligned: whether pixel 0 of the map has its centre at 1/2; without, at 0, and regions are at least one
            pixel of the map large, as in torchvision's detectors.

    Raises:
        InputError: when size, scale or samples is not above 0.

    Example:
        >>> picture = torch.arange(16.0).reshape(1, 1, 4, 4)
        >>> RoIAlign(size=2)(picture, torch.tensor([[[1.0, 1.0, 3.0, 3.0]]]))[0, 0, 0]
        tensor([[ 5.,  6.],
                [ 9., 10.]])

    Source:
        He, Gkioxari, Dollár and Girshick (2017), "Mask R-CNN", arXiv:1703.06870.
    """

    def __init__(self, size: int, scale: float = 1.0, samples: int = 2, aligned: bool = True) -> None:
        super().__init__()
        if size < 1 or scale <= 0 or samples < 1:
            came = f"{size}, {scale} and {samples}"
            raise InputError("size, scale and samples must be above 0", came, "e.g. RoIAlign(7, 1 / 4)")
        self.size, self.scale, self.samples, self.aligned = size, scale, samples, aligned

    def forward(
        self,
        features: Float[Tensor, "batch channels height width"],
        boxes: Float[Tensor, "batch regions 4"],
    ) -> Float[Tensor, "batch regions channels size size"]:
        n_batch, n_regions = boxes.shape[:2]
        n_channels, height, width = features.shape[1:]
        across, out_x = self._points(boxes[..., 0], boxes[..., 2], width)
        down, out_y = self._points(boxes[..., 1], boxes[..., 3], height)
        n_points = self.size * self.samples
        grid = torch.stack(
            [
                across[:, :, None, :].expand(-1, -1, n_points, -1),
                down[:, :, :, None].expand(-1, -1, -1, n_points),
            ],
            dim=-1,
        ).flatten(1, 2)  # (batch, regions * points, points, 2)
        wide = features.to(grid.dtype)  # in half precision, places would be rounded
        y = F.grid_sample(wide, grid, padding_mode="border", align_corners=False).to(features.dtype)
        y = y.view(n_batch, n_channels, n_regions, n_points, n_points).transpose(1, 2)
        outside = out_y[:, :, :, None] | out_x[:, :, None, :]
        y = y.masked_fill(outside[:, :, None], 0.0)
        cells = (n_batch, n_regions, n_channels, self.size, self.samples, self.size, self.samples)
        return y.reshape(cells).mean((4, 6))

    def _points(self, low: Tensor, high: Tensor, pixels: int) -> tuple[Tensor, Tensor]:
        """Where points lie along an axis of -1 to 1, (batch, regions, points), and which are outside."""
        shift = 0.5 if self.aligned else 0.0
        start = low * self.scale - shift
        length = (high - low) * self.scale
        length = length if self.aligned else length.clamp_min(1.0)
        steps = torch.arange(self.size * self.samples, device=low.device, dtype=low.dtype)
        place = start[..., None] + length[..., None] * ((steps + 0.5) / (self.size * self.samples))
        outside = (place < -1) | (place > pixels)
        return (place * 2 + 1) / pixels - 1, outside  # the border goes on beyond the first and the last pixel

    def extra_repr(self) -> str:
        return f"size={self.size}, scale={self.scale}, samples={self.samples}, aligned={self.aligned}"
