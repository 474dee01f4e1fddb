"""Mask R-CNN and its parts, against their formulas and against torchvision."""

import importlib.util
import json
import re
from pathlib import Path

import pytest
import torch

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import RoIAlign
from netwright.nets import DetectionRules, DilatedFCN, MaskRCNN, load_weights
from netwright.nets.mask_rcnn.anchors import anchor_boxes
from netwright.nets.mask_rcnn.boxes import batched_nms, box_iou, decode_boxes, encode_boxes, keep_apart
from netwright.nets.mask_rcnn.heads import pool_regions
from netwright.nets.mask_rcnn.pasting import paste_masks
from netwright.nets.mask_rcnn.pyramid import FeaturePyramid
from netwright.nets.resnet import ResNet

FIXTURE = Path(__file__).parent / "fixtures" / "torchvision_regions.json"
FACTS = json.loads(FIXTURE.read_text(encoding="utf-8"))
SPEC = importlib.util.spec_from_file_location("torchvision_regions", FIXTURE.with_suffix(".py"))
RECIPE = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(RECIPE)


def told(fact):
    return torch.tensor(fact["values"]).reshape(fact["shape"])


def unfilled(make):
    """The network without the time that its first weights would take."""
    with torch.device("meta"):
        network = make()
    return network.to_empty(device="cpu")


def test_roi_align_and_nms_equal_torchvisions():
    maps, boxes = RECIPE.pictures(2, 17, 23), RECIPE.regions(24, 17, 23)
    rows = torch.arange(24) % 2
    for aligned in (False, True):
        known = told(FACTS["roi_align"][str(aligned)])
        found = RoIAlign(3, 0.7, 2, aligned)(maps, boxes.expand(2, -1, -1))[rows, torch.arange(24)]
        torch.testing.assert_close(found, known, rtol=1e-5, atol=1e-5)
    boxes, scores = RECIPE.regions(300, 40, 40, start=999), RECIPE.numbers(300, start=77).float()
    assert batched_nms(boxes, scores, torch.arange(300) % 3, 0.4).tolist() == FACTS["batched_nms"]


def test_fcn_with_the_same_weights_gives_torchvisions_answers():
    network = RECIPE.fill(unfilled(lambda: DilatedFCN.published(RECIPE.CLASSES)))
    assert RECIPE.layout(network) == FACTS["fcn"]["layout"]
    with torch.no_grad():
        out, aux = network.both(RECIPE.pictures(2, 65, 49))
        for name, found in (("out", out), ("aux", aux)):
            known = told(FACTS["fcn"][name])
            assert known.std() > 0.03
            torch.testing.assert_close(found[:, :, ::8, ::8], known, rtol=1e-5, atol=1e-5)


def test_mask_rcnn_with_the_same_weights_gives_torchvisions_boxes_and_masks():
    network = RECIPE.fill(unfilled(lambda: MaskRCNN.published(RECIPE.CLASSES, (96, 160), eps=1e-5)))
    assert RECIPE.layout(network) == FACTS["mask_rcnn"]["layout"]
    for number, found in enumerate(network(RECIPE.pictures(2, 60, 80))):
        known = FACTS["mask_rcnn"][str(number)]
        assert len(known["labels"]) > 10
        assert found.labels.tolist() == known["labels"]
        torch.testing.assert_close(found.boxes, told(known["boxes"]), rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(found.scores, told(known["scores"]), rtol=1e-3, atol=1e-3)
        assert told(known["masks"]).std() > 0.03
        torch.testing.assert_close(found.masks[:, ::9, ::9], told(known["masks"]), rtol=1e-3, atol=1e-3)


def test_published_networks_have_the_published_number_of_weights():
    """44,401,393 and 35,322,218, as torchvision states; of the first, batch norms count as fixed there."""
    with torch.device("meta"):
        detector, segmenter = MaskRCNN.published(), DilatedFCN.published()
    fixed = sum(
        p.numel() for m in detector.modules() if isinstance(m, torch.nn.BatchNorm2d) for p in m.parameters()
    )
    assert sum(p.numel() for p in detector.parameters()) - fixed == 44_401_393
    assert sum(p.numel() for p in segmenter.parameters()) == 35_322_218


def test_a_file_with_the_names_of_torchvisions_published_weights_loads(tmp_path):
    """Which are those of 2019, and have no counters of batch normalisation."""
    torch.manual_seed(0)
    network = MaskRCNN(2, channels=1, width=4, hidden=4)
    state = {name: one for name, one in network.state_dict().items() if "tracked" not in name}
    old = {}
    for name, value in state.items():
        name = re.sub(r"(_blocks\.\d)\.0\.", r"\1.", name).replace("rpn.head.conv.0.0.", "rpn.head.conv.")
        old[re.sub(r"mask_head\.(\d)\.0\.", lambda at: f"mask_head.mask_fcn{int(at[1]) + 1}.", name)] = value
    assert {"backbone.fpn.inner_blocks.0.weight", "roi_heads.mask_head.mask_fcn4.bias"} <= set(old)
    torch.save(old, tmp_path / "detector.pth")
    other = MaskRCNN(2, channels=1, width=4, hidden=4)
    load_weights(other, tmp_path / "detector.pth")
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in state.items())


def test_the_dilated_fcn_and_the_pyramid_keep_the_layer_contract():
    body = ResNet((1, 1, 1), channels=2, width=3, small=False)
    check_layer(DilatedFCN(3, body), torch.randn(2, 2, 17, 12), shape=(2, 3, 17, 12))
    one = FeaturePyramid([3], width=4)
    assert [tuple(m.shape) for m in one([torch.zeros(2, 3, 5, 6)])] == [(2, 4, 5, 6), (2, 4, 3, 3)]


def greedy(boxes, scores, threshold):
    """Non-maximum suppression as everyone tells it."""
    order, kept = scores.argsort(descending=True).tolist(), []
    overlaps = box_iou(boxes, boxes)
    for row in order:
        if all(overlaps[row, other] <= threshold for other in kept):
            kept.append(row)
    return kept


@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.5, 0.9])
def test_suppression_of_all_pictures_at_once_is_the_greedy_one_of_each(threshold):
    generator = torch.Generator().manual_seed(0)
    corner = torch.rand(4, 80, 2, generator=generator) * 20
    boxes = torch.cat([corner, corner + 2 + 10 * torch.rand(4, 80, 2, generator=generator)], 2)
    kept = keep_apart(boxes, threshold, torch.ones(4, 80, dtype=torch.bool))
    for picture in range(4):
        falling = torch.arange(80, 0, -1).float()
        assert kept[picture].nonzero()[:, 0].tolist() == greedy(boxes[picture], falling, threshold)


def test_boxes_come_back_from_the_way_to_them():
    generator = torch.Generator().manual_seed(0)
    corner = torch.rand(2, 50, 2, generator=generator) * 20
    boxes, anchors = torch.cat([corner, corner + 1 + 9 * torch.rand(2, 50, 2, generator=generator)], 2)
    ways = encode_boxes(boxes, anchors, (10.0, 10.0, 5.0, 5.0))
    torch.testing.assert_close(
        decode_boxes(ways, anchors, (10.0, 10.0, 5.0, 5.0)), boxes, rtol=1e-4, atol=1e-4
    )


def test_anchors_stand_at_every_place_in_every_shape():
    (found,) = anchor_boxes([torch.zeros(1, 1, 2, 3)], [16.0], height=8, width=12)
    assert len(found) == 2 * 3 * 3
    centres = (found[:, :2] + found[:, 2:]) / 2
    assert centres[::3].tolist() == [[4.0 * c, 4.0 * r] for r in range(2) for c in range(3)]
    sides = found[:3, 2:] - found[:3, :2]
    torch.testing.assert_close(sides[:, 1] / sides[:, 0], torch.tensor([0.5, 1.0, 2.0]), rtol=0.1, atol=0.0)


def test_regions_are_cut_from_the_map_of_their_size():
    maps = [torch.full((1, 1, 64 // 2**k, 64 // 2**k), float(k)) for k in range(3)]
    sides = torch.tensor([10.0, 30.0, 60.0])
    regions = torch.stack([torch.zeros(3), torch.zeros(3), sides, sides], 1)[None]
    seen = pool_regions(maps, regions, [4.0, 8.0, 16.0], size=2, usual=64.0)
    assert seen[0, :, 0, 0, 0].tolist() == [0.0, 0.0, 1.0]
    seen = pool_regions(maps, regions, [4.0, 8.0, 16.0], size=2, usual=32.0)
    assert seen[0, :, 0, 0, 0].tolist() == [0.0, 1.0, 2.0]


def test_pasted_masks_fill_their_boxes_alone():
    boxes = torch.tensor([[4.0, 2.0, 12.0, 9.0], [-3.0, 0.0, 5.0, 5.0]])
    expected = torch.zeros(2, 16, 20, dtype=torch.bool)
    expected[0, 2:9, 4:12], expected[1, :5, :5] = True, True
    assert torch.equal(paste_masks(torch.ones(2, 28, 28), boxes, 16, 20) > 0.5, expected)
    wider = paste_masks(torch.ones(2, 28, 28), boxes, 16, 20, rounded=True) > 0.5
    assert (wider | ~expected).all()
    half = torch.zeros(1, 28, 28)
    half[:, :, 14:] = 1.0
    pasted = paste_masks(half, boxes[:1], 16, 20)[0] > 0.5
    assert torch.equal(pasted, expected[0] & (torch.arange(20) >= 8))


def test_each_picture_has_its_own_answer_and_settings_are_checked():
    torch.manual_seed(0)
    network = MaskRCNN(
        3, channels=1, width=8, hidden=8, rules=DetectionRules(20, 20, score=0.0, detections=5)
    ).eval()
    x = torch.randn(3, 1, 40, 32)
    together = network(x)
    for number in range(3):
        alone = network(x[number : number + 1])[0]
        torch.testing.assert_close(together[number].boxes, alone.boxes, rtol=1e-3, atol=1e-3)
        assert 0 < len(alone.labels) <= 5
        assert (alone.scores.diff() <= 0).all()
    with pytest.raises(InputError, match="sizes must be 4"):
        MaskRCNN(sizes=(8.0, 16.0))
    with pytest.raises(InputError, match="score must be from 0 to 1"):
        DetectionRules(score=1.5)
