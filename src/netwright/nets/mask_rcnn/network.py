"""Mask R-CNN: a picture in, and for each thing on it a class, a box and a mask out."""

import math
from collections.abc import Sequence
from typing import NamedTuple, final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.nets.mask_rcnn.boxes import batched_nms, clip_boxes, decode_boxes
from netwright.nets.mask_rcnn.heads import RegionHeads
from netwright.nets.mask_rcnn.pasting import paste_masks
from netwright.nets.mask_rcnn.proposals import ProposalNetwork, choose_proposals
from netwright.nets.mask_rcnn.pyramid import Backbone
from netwright.nets.mask_rcnn.rules import DetectionRules
from netwright.nets.resnet import ResNet

HEAD_WEIGHTS = (10.0, 10.0, 5.0, 5.0)
"""The weights by which ways from regions to boxes are told."""

LEAST_SIDE = 1e-2
"""Pixels that a reported box has in each direction."""

SMALL = DetectionRules(before=100, proposals=60, detections=20)


class Detected(NamedTuple):
    """What a detector reports of one picture, the surest first.

    Args:
        boxes: left, top, right and bottom, in pixels of the picture.
        labels: classes, from 1.
        scores: probabilities.
        masks: probabilities of each pixel.

    Example:
        >>> nothing = Detected(torch.zeros(0, 4), torch.zeros(0).long(), torch.zeros(0), torch.zeros(0, 8, 8))
        >>> len(nothing.labels)
        0
    """

    boxes: Float[Tensor, "n 4"]
    labels: Int[Tensor, " n"]
    scores: Float[Tensor, " n"]
    masks: Float[Tensor, "n height width"]


@final
class MaskRCNN(nn.Module):
    """Finds each thing on a picture by itself: its class, its box, and its outline.

    Use it where things are to be counted or told apart, not only pixels: two that touch are two. The default
    is small and for pictures of 32 to 128 pixels; `MaskRCNN.published()` is the network for photographs, with
    the names and shapes of the parameters of torchvision's `maskrcnn_resnet50_fpn`, so that its weights load.
    Pictures come standardised, as a classifier of the same body would take them.

        p = pyramid(x),  regions = proposals(p),  (class, box) = heads(RoIAlign(p, regions))
        mask = sigmoid(M(RoIAlign(p, box)))_class

    Without gradients it is called with pictures; to learn, see `netwright.vision.Detector`.

    Args:
        n_outputs: classes, the background first.
        channels: of the pictures.
        body: a residual network whose stages are used; None for a small one.
        width: channels of the pyramid's maps.
        hidden: units of the head that looks at regions.
        sizes: of the anchors on each map of the pyramid, in pixels: one more than the body has stages.
        usual: side in pixels of the region that would belong to a map with 16 pixels to one.
        rules: how many regions are proposed and reported.
        resize: the smaller side to which pictures are brought, and the most that the larger may then have;
            None to take them as they are.

    Raises:
        InputError: when there are not as many sizes as maps.

    Example:
        >>> network = MaskRCNN(n_outputs=3, width=8, hidden=8).eval()
        >>> found = network(torch.zeros(2, 3, 32, 48))
        >>> len(found), found[0].masks.shape[1:]
        (2, torch.Size([32, 48]))

    Source:
        He, Gkioxari, Dollár and Girshick (2017), "Mask R-CNN", arXiv:1703.06870.
    """

    def __init__(
        self,
        n_outputs: int = 2,
        channels: int = 3,
        body: ResNet | None = None,
        width: int = 32,
        hidden: int = 128,
        sizes: Sequence[float] = (12.0, 24.0, 48.0, 96.0),
        usual: float = 64.0,
        rules: DetectionRules = SMALL,
        resize: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        body = ResNet((1, 1, 1), channels=channels, width=16, small=False) if body is None else body
        if len(sizes) != body.n_stages + 1:
            raise InputError(
                f"sizes must be {body.n_stages + 1}, one for each map of the pyramid",
                str(len(sizes)),
                "such as (12, 24, 48, 96) for a body of three stages",
            )
        self.rules, self.resize = rules, resize
        self.backbone = Backbone(body, width)
        self.rpn = ProposalNetwork(width, sizes)
        self.roi_heads = RegionHeads(width, hidden, n_outputs, usual)

    @classmethod
    def published(
        cls, n_outputs: int = 91, resize: tuple[int, int] | None = (800, 1333), eps: float = 0.0
    ) -> "MaskRCNN":
        """Build the network of torchvision's `maskrcnn_resnet50_fpn`; `load_weights` takes its file.

        Args:
            n_outputs: classes, the background first.
            resize: as the published weights were learned.
            eps: added to variances in batch normalisation; the published weights were learned without.

        Example:
            >>> with torch.device("meta"):
            ...     network = MaskRCNN.published()
            >>> sum(parameter.numel() for parameter in network.parameters())
            44454513
        """
        body = ResNet.published(50)
        for module in body.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps = eps
        return cls(
            n_outputs,
            body=body,
            width=256,
            hidden=1024,
            sizes=(32.0, 64.0, 128.0, 256.0, 512.0),
            usual=224.0,
            rules=DetectionRules(rounded=True),
            resize=resize,
        )

    @torch.no_grad()
    def forward(self, x: Float[Tensor, "batch channels height width"]) -> list[Detected]:
        height, width = x.shape[2:]
        pictures, size = self.prepared(x)
        maps = self.backbone(pictures)
        regions, valid = choose_proposals(self.rpn(maps, *pictures.shape[2:]), *size, self.rules)
        logits, deltas = self.look(maps, regions, pictures.shape[2])
        found = [
            self._report(*one, size) for one in zip(regions, logits.softmax(-1), deltas, valid, strict=True)
        ]
        grow = x.new_tensor([width / size[1], height / size[0]] * 2)
        return [
            self._outlined(maps, number, pictures.shape[2], found[number], grow, (height, width))
            for number in range(len(found))
        ]

    def look(self, maps: Sequence[Tensor], regions: Tensor, height: int) -> tuple[Tensor, Tensor]:
        """Return logits of the classes of regions, and the ways to their boxes, one for each class.

        Args:
            maps: of the pyramid.
            regions: (batch, regions, 4).
            height: of the pictures that the maps are of.
        """
        return self.roi_heads.look(maps[:-1], regions, _strides(maps, height))

    def outline(self, maps: Sequence[Tensor], regions: Tensor, height: int) -> Tensor:
        """Return logits of the masks of regions, (batch, regions, classes, size, size).

        Args:
            maps: of the pyramid.
            regions: (batch, regions, 4).
            height: of the pictures that the maps are of.
        """
        return self.roi_heads.outline(maps[:-1], regions, _strides(maps, height))

    def prepared(self, x: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """Return pictures at the size of `resize`, padded to whole cells of the coarsest map, and that size.

        Args:
            x: pictures.
        """
        if self.resize is not None:
            short, long = min(x.shape[2:]), max(x.shape[2:])
            factor = min(self.resize[0] / short, self.resize[1] / long)
            x = F.interpolate(
                x, scale_factor=factor, mode="bilinear", recompute_scale_factor=True, align_corners=False
            )
        height, width = x.shape[2:]
        cell = 2 ** (self.backbone.body.n_stages + 1)
        return F.pad(x, (0, -width % cell, 0, -height % cell)), (height, width)

    def _report(
        self,
        regions: Tensor,
        chances: Tensor,
        deltas: Tensor,
        valid: Bool[Tensor, " n"],
        size: tuple[int, int],
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Boxes, labels and scores of one picture."""
        boxes = clip_boxes(decode_boxes(deltas, regions[:, None], HEAD_WEIGHTS), *size)[:, 1:]
        sides = boxes[..., 2:] - boxes[..., :2]
        wanted = (chances[:, 1:] > self.rules.score) & (sides >= LEAST_SIDE).all(-1) & valid[:, None]
        rows, classes = wanted.nonzero(as_tuple=True)
        boxes, scores = boxes[rows, classes], chances[:, 1:][rows, classes]
        kept = batched_nms(boxes, scores, classes, self.rules.overlap)[: self.rules.detections]
        return boxes[kept], classes[kept] + 1, scores[kept]

    def _outlined(
        self,
        maps: Sequence[Tensor],
        number: int,
        height: int,
        found: tuple[Tensor, Tensor, Tensor],
        grow: Tensor,
        size: tuple[int, int],
    ) -> Detected:
        boxes, labels, scores = found
        if not len(boxes):
            return Detected(boxes, labels, scores, boxes.new_zeros(0, *size))
        mine = [one[number : number + 1] for one in maps]
        masks = self.outline(mine, boxes[None], height)[0]
        chosen = masks[torch.arange(len(labels)), labels].sigmoid()
        boxes = boxes * grow
        return Detected(boxes, labels, scores, paste_masks(chosen, boxes, *size, self.rules.rounded))


def _strides(maps: Sequence[Tensor], height: int) -> list[float]:
    return [2.0 ** round(math.log2(height / one.shape[2])) for one in maps[:-1]]
