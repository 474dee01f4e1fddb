"""The loss of a detector: where things are, what they are, how large they are, and their outlines."""

from dataclasses import dataclass
from typing import Any, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netwright.nets.mask_rcnn.boxes import encode_boxes
from netwright.nets.mask_rcnn.network import HEAD_WEIGHTS
from netwright.nets.mask_rcnn.proposals import PLAIN, choose_proposals
from netwright.training import Objective
from netwright.vision.detection_targets import Things, draw, masks_in_regions, match

BEND = 1 / 9
"""Where the loss of ways between boxes turns from square to linear."""


@final
@dataclass(frozen=True)
class DetectionObjective(Objective):
    """The sum of Mask R-CNN's five losses over a sample of anchors and of proposed regions.

        loss = BCE(objectness) + L1(anchor -> thing) + CE(class) + L1(region -> thing) + BCE(mask of class)

    Args:
        anchors: of each picture that are looked at, half of them on things where there are as many.
        regions: of each picture that are looked at, a quarter of them on things where there are as many.

    Example:
        >>> DetectionObjective(anchors=128).regions
        32

    Source:
        He, Gkioxari, Dollár and Girshick (2017), "Mask R-CNN", arXiv:1703.06870.
    """

    anchors: int = 64
    regions: int = 32

    def n_rows(self, batch: Any) -> int:
        """Return the number of pictures."""
        return len(batch.inputs)

    def judge(self, network: nn.Module, batch: Any) -> tuple[Tensor, Tensor]:
        """Return the loss; metrics of epochs do not fit detections, and get the true classes."""
        return self.loss(network, batch), batch.target.labels

    def truth(self, batch: Any) -> Tensor:
        """Return the true classes."""
        labels: Tensor = batch.target.labels
        return labels

    def loss(self, network: nn.Module, batch: Any) -> Tensor:
        """Return the mean loss of the batch."""
        standardise, detector = network.get_submodule("standardise"), network.get_submodule("network")
        pictures = standardise(batch.inputs)
        padded, (height, width) = detector.prepared(pictures)  # type: ignore[operator]
        things: Things = batch.target
        grow = pictures.new_tensor([width / pictures.shape[3], height / pictures.shape[2]] * 2)
        things = things._replace(boxes=things.boxes * grow)
        maps = detector.get_submodule("backbone")(padded)
        proposed = detector.get_submodule("rpn")(maps, *padded.shape[2:])
        proposing = self._proposing(proposed, things)
        regions, valid = choose_proposals(proposed, height, width, detector.rules)  # type: ignore[arg-type]
        return proposing + self._looking(detector, maps, padded.shape[2], regions, valid, things, grow)

    def _proposing(self, proposed: Any, things: Things) -> Tensor:
        """What the region proposal network has wrong."""
        anchors = proposed.anchors.expand(len(things.labels), -1, -1)
        chosen, yes, no = match(anchors, things, at_least=0.7, below=0.3, rescue=True)
        yes = draw(yes, self.anchors // 2)
        no = draw(no, self.anchors - yes.sum(1, keepdim=True))
        seen = yes | no
        objectness = F.binary_cross_entropy_with_logits(proposed.objectness[seen], yes[seen].float())
        ways = encode_boxes(_taken(things.boxes, chosen)[yes], anchors[yes], PLAIN)
        far = F.smooth_l1_loss(proposed.deltas[yes], ways, beta=BEND, reduction="sum")
        return objectness + far / seen.sum().clamp_min(1)

    def _looking(
        self,
        detector: Any,
        maps: list[Tensor],
        height: int,
        regions: Tensor,
        valid: Tensor,
        things: Things,
        grow: Tensor,
    ) -> Tensor:
        """What the heads have wrong."""
        regions = torch.cat([things.boxes, regions], dim=1)  # things are regions, too: else none is at first
        valid = torch.cat([things.labels > 0, valid], dim=1)
        chosen, yes, no = match(regions, things, at_least=0.5, below=0.5)
        yes = draw(yes & valid, self.regions // 4)
        no = draw(no & valid, self.regions - yes.sum(1, keepdim=True))
        order = (yes.to(torch.uint8) * 2 + no).argsort(dim=1, descending=True, stable=True)[:, : self.regions]
        yes, seen, chosen = yes.gather(1, order), (yes | no).gather(1, order), chosen.gather(1, order)
        regions = _taken(regions, order)
        labels = torch.where(yes, things.labels.gather(1, chosen), 0)
        logits, deltas = detector.look(maps, regions, height)
        kinds = F.cross_entropy(logits[seen], labels[seen])
        most = int(yes.sum(1).max())
        if not most:
            return kinds
        yes, labels, chosen, regions = yes[:, :most], labels[:, :most], chosen[:, :most], regions[:, :most]
        own = deltas[:, :most].gather(2, labels[:, :, None, None].expand(-1, -1, 1, 4))[:, :, 0]
        ways = encode_boxes(_taken(things.boxes, chosen)[yes], regions[yes], HEAD_WEIGHTS)
        far = F.smooth_l1_loss(own[yes], ways, beta=BEND, reduction="sum") / seen.sum()
        masks = detector.outline(maps, regions, height)
        which = labels[:, :, None, None, None].expand(-1, -1, 1, *masks.shape[3:])
        outlined = masks.gather(2, which)[:, :, 0]
        truth = masks_in_regions(things, chosen, regions / grow, masks.shape[-1])
        return kinds + far + F.binary_cross_entropy_with_logits(outlined[yes], truth[yes])


def _taken(boxes: Tensor, rows: Tensor) -> Tensor:
    return boxes.gather(1, rows[..., None].expand(-1, -1, 4))
