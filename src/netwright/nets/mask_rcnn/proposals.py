"""The region proposal network: at every place of every map, how likely a thing is there, and how large."""

from collections.abc import Sequence
from typing import NamedTuple, final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.nets.mask_rcnn.anchors import RATIOS, anchor_boxes
from netwright.nets.mask_rcnn.boxes import clip_boxes, decode_boxes, keep_apart
from netwright.nets.mask_rcnn.rules import DetectionRules

PLAIN = (1.0, 1.0, 1.0, 1.0)
"""The weights by which ways from anchors to proposals are told."""

LEAST_PIXELS = 1e-3
"""Sides that a proposal must have."""


class Proposed(NamedTuple):
    """What the region proposal network says of every anchor, the anchors of one map after those of another.

    Args:
        objectness: logits, (batch, anchors).
        deltas: ways from anchors to things, (batch, anchors, 4).
        anchors: (anchors, 4).
        counts: anchors of each map.
    """

    objectness: Float[Tensor, "batch anchors"]
    deltas: Float[Tensor, "batch anchors 4"]
    anchors: Float[Tensor, "anchors 4"]
    counts: list[int]


@final
class ProposalNetwork(nn.Module):
    """Proposes regions of a picture in which something is, whatever it is.

    Use it as the first half of a detector: a few hundred regions are left to be looked at.

        h = relu(C p_l),  objectness = W_o h,  deltas = W_d h   for each place and shape of anchor on each map

    Args:
        width: channels of the maps.
        sizes: of the anchors on each map, in pixels of the picture.
        ratios: of height to width of the anchors.

    Example:
        >>> network = ProposalNetwork(width=4, sizes=[8.0])
        >>> proposed = network([torch.zeros(2, 4, 3, 3)], height=12, width=12)
        >>> proposed.objectness.shape, proposed.deltas.shape
        (torch.Size([2, 27]), torch.Size([2, 27, 4]))

    Source:
        Ren, He, Girshick and Sun (2015), "Faster R-CNN: Towards Real-Time Object Detection with Region
        Proposal Networks", arXiv:1506.01497.
    """

    def __init__(self, width: int, sizes: Sequence[float], ratios: Sequence[float] = RATIOS) -> None:
        super().__init__()
        self.sizes, self.ratios = tuple(sizes), tuple(ratios)
        self.head = _Head(width, len(self.ratios))

    def forward(
        self, maps: Sequence[Float[Tensor, "batch channels _ _"]], height: int, width: int
    ) -> Proposed:
        anchors = anchor_boxes(maps, self.sizes, height, width, self.ratios)
        said = [self.head(features) for features in maps]
        wide = anchors[0].dtype
        return Proposed(
            torch.cat([objectness for objectness, _ in said], dim=1).to(wide),
            torch.cat([deltas for _, deltas in said], dim=1).to(wide),
            torch.cat(anchors),
            [len(one) for one in anchors],
        )


class _Head(nn.Module):
    def __init__(self, width: int, n_shapes: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Sequential(nn.Conv2d(width, width, 3, padding=1)))
        self.cls_logits = nn.Conv2d(width, n_shapes, 1)
        self.bbox_pred = nn.Conv2d(width, 4 * n_shapes, 1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, std=0.01)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        h = F.relu(self.conv(features))
        objectness = self.cls_logits(h).permute(0, 2, 3, 1).flatten(1)
        deltas = self.bbox_pred(h).permute(0, 2, 3, 1).flatten(1)  # (batch, places * shapes * 4)
        return objectness, deltas.unflatten(1, (-1, 4))


@torch.no_grad()
def choose_proposals(
    proposed: Proposed, height: int, width: int, rules: DetectionRules
) -> tuple[Float[Tensor, "batch regions 4"], Bool[Tensor, "batch regions"]]:
    """Return the regions of each picture that are worth a look, the likeliest first, and which are any.

    Args:
        proposed: by the region proposal network.
        height: of the picture.
        width: of the picture.
        rules: how many, and how much they may overlap.

    Example:
        >>> anchors = torch.tensor([[0.0, 0.0, 4.0, 4.0], [4.0, 3.0, 9.0, 9.0]])
        >>> said = Proposed(torch.tensor([[0.0, 3.0]]), torch.zeros(1, 2, 4), anchors, [2])
        >>> [one.shape for one in choose_proposals(said, 9, 9, DetectionRules())]
        [torch.Size([1, 2, 4]), torch.Size([1, 2])]
    """
    boxes, scores = [], []
    start = 0
    for count in proposed.counts:
        mine = slice(start, start + count)
        start += count
        best, rows = proposed.objectness[:, mine].topk(min(count, rules.before), dim=1)
        deltas = proposed.deltas[:, mine].gather(1, rows[..., None].expand(-1, -1, 4))
        found = clip_boxes(decode_boxes(deltas, proposed.anchors[mine][rows], PLAIN), height, width)
        sides = found[..., 2:] - found[..., :2]
        kept = keep_apart(found, rules.proposal_overlap, (sides >= LEAST_PIXELS).all(-1))
        boxes.append(found)
        scores.append(torch.where(kept, best, -torch.inf))
    everything, every_score = torch.cat(boxes, dim=1), torch.cat(scores, dim=1)
    most = max(1, min(rules.proposals, int((every_score > -torch.inf).sum(1).max())))
    best, rows = every_score.sort(dim=1, descending=True, stable=True)
    rows = rows[:, :most]
    return everything.gather(1, rows[..., None].expand(-1, -1, 4)), best[:, :most] > -torch.inf
