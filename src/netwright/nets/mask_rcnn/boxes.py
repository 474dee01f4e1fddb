"""Boxes: how they overlap, how one is told as the way from another, and which of those that overlap stay.

A box is left, top, right and bottom, in pixels.
"""

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

FARTHEST = math.log(1000 / 16)
"""The largest logarithm of a growth that is believed."""


def box_area(boxes: Float[Tensor, "*batch 4"]) -> Float[Tensor, "*batch"]:
    """Return the area of each box.

    Args:
        boxes: any number.

    Example:
        >>> box_area(torch.tensor([[0.0, 0.0, 2.0, 3.0]]))
        tensor([6.])
    """
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def box_iou(
    one: Float[Tensor, "*batch n 4"], other: Float[Tensor, "*batch m 4"]
) -> Float[Tensor, "*batch n m"]:
    """Return the intersection over the union of each box with each other one.

        IoU = |A and B| / (|A| + |B| - |A and B|)

    Args:
        one: boxes along the rows.
        other: boxes along the columns.

    Example:
        >>> box_iou(torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[1.0, 0.0, 3.0, 2.0]]))
        tensor([[0.3333]])
    """
    a, b = one[..., :, None, :], other[..., None, :, :]
    both = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp_min(0)
    shared = both[..., 0] * both[..., 1]
    return shared / (box_area(a) + box_area(b) - shared)


def encode_boxes(
    boxes: Float[Tensor, "*batch 4"], anchors: Float[Tensor, "*batch 4"], weights: tuple[float, ...]
) -> Float[Tensor, "*batch 4"]:
    """Return the way from anchors to boxes, which is what a network learns.

        dx = w_x (x - x_a) / width_a,  dw = w_w log(width / width_a),  and so for y and height

    Args:
        boxes: where to.
        anchors: where from.
        weights: w_x, w_y, w_w and w_h.

    Example:
        >>> anchors = torch.tensor([[0.0, 0.0, 2.0, 2.0]])
        >>> encode_boxes(torch.tensor([[1.0, 0.0, 3.0, 2.0]]), anchors, (1.0,) * 4)
        tensor([[0.5000, 0.0000, 0.0000, 0.0000]])
    """
    to, origin = _centres(boxes), _centres(anchors)
    moved = (to[0] - origin[0]) / origin[1]
    return torch.cat([moved, (to[1] / origin[1]).log()], dim=-1) * boxes.new_tensor(weights)


def decode_boxes(
    deltas: Float[Tensor, "*batch 4"], anchors: Float[Tensor, "*anchors 4"], weights: tuple[float, ...]
) -> Float[Tensor, "*batch 4"]:
    """Return the boxes that lie at the end of the way; the inverse of `encode_boxes`.

    Args:
        deltas: as a network gives them.
        anchors: where from; of the same shape but for axes that are stretched.
        weights: as in encoding.

    Example:
        >>> anchors = torch.tensor([[0.0, 0.0, 2.0, 2.0]])
        >>> decode_boxes(torch.tensor([[0.5, 0.0, 0.0, 0.0]]), anchors, (1.0,) * 4)
        tensor([[1., 0., 3., 2.]])
    """
    ways = deltas / deltas.new_tensor(weights)
    centre, sides = _centres(anchors)
    centre = ways[..., :2] * sides + centre
    half = ways[..., 2:].clamp_max(FARTHEST).exp() * sides * 0.5
    return torch.cat([centre - half, centre + half], dim=-1)


def clip_boxes(boxes: Float[Tensor, "*batch 4"], height: int, width: int) -> Float[Tensor, "*batch 4"]:
    """Return boxes without what lies outside of the picture.

    Args:
        boxes: any number.
        height: of the picture.
        width: of the picture.

    Example:
        >>> clip_boxes(torch.tensor([[-1.0, 2.0, 9.0, 4.0]]), height=3, width=5)
        tensor([[0., 2., 5., 3.]])
    """
    return torch.minimum(boxes.clamp_min(0), boxes.new_tensor([width, height, width, height]))


def keep_apart(
    boxes: Float[Tensor, "*batch n 4"], threshold: float, valid: Bool[Tensor, "*batch n"]
) -> Bool[Tensor, "*batch n"]:
    """Return which boxes, the best first, stay by greedy non-maximum suppression.

    A box stays unless one before it that stays overlaps it by more than the threshold. All pictures of a
    batch are decided at once: whoever no earlier box overlaps stays, whom these overlap goes, and so on
    through chains of overlaps, until nothing changes; the answer is the greedy one, exactly.

    Args:
        boxes: in falling order of their scores.
        threshold: overlap that is still let stand.
        valid: boxes that take part at all.

    Example:
        >>> boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 1.0, 4.0, 5.0], [0.0, 2.0, 4.0, 6.0]])
        >>> keep_apart(boxes, 0.5, torch.ones(3, dtype=torch.bool))
        tensor([ True, False,  True])
    """
    n = boxes.shape[-2]
    above = torch.ones(n, n, dtype=torch.bool, device=boxes.device).triu(1)
    rivals = ((box_iou(boxes, boxes) > threshold) & above & valid[..., None] & valid[..., None, :]).float()
    kept = valid
    for _ in range(n):
        beaten = (kept[..., None, :].float() @ rivals)[..., 0, :] > 0
        now = valid & ~beaten
        if torch.equal(now, kept):
            break
        kept = now
    return kept


def batched_nms(
    boxes: Float[Tensor, "n 4"], scores: Float[Tensor, " n"], groups: Int[Tensor, " n"], threshold: float
) -> Int[Tensor, " kept"]:
    """Return which boxes stay, the best first, by non-maximum suppression in each group by itself.

    Args:
        boxes: in any order.
        scores: the larger the better.
        groups: such as classes; boxes of two groups do not touch each other.
        threshold: overlap that is still let stand.

    Example:
        >>> boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 1.0, 4.0, 5.0], [0.0, 1.0, 4.0, 5.0]])
        >>> batched_nms(boxes, torch.tensor([0.7, 0.8, 0.9]), torch.tensor([0, 0, 1]), 0.5)
        tensor([2, 1])

    Source:
        Ren, He, Girshick and Sun (2015), "Faster R-CNN: Towards Real-Time Object Detection with Region
        Proposal Networks", arXiv:1506.01497.
    """
    order = scores.sort(descending=True, stable=True).indices
    kept = torch.zeros(len(order), dtype=torch.bool, device=boxes.device)
    for group in torch.unique(groups):  # of which there are few; one matrix of all boxes would be large
        mine = (groups[order] == group).nonzero()[:, 0]
        everyone = torch.ones(len(mine), dtype=torch.bool, device=boxes.device)
        kept[mine] = keep_apart(boxes[order[mine]], threshold, everyone)
    return order[kept]


def _centres(boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Centres and sides, (..., 2) each."""
    sides = boxes[..., 2:] - boxes[..., :2]
    return boxes[..., :2] + 0.5 * sides, sides
