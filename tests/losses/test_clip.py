import math

import pytest
import torch
from torch import nn

from netwright.contracts import check_loss
from netwright.core.errors import InputError
from netwright.losses import AdditiveMarginRankingLoss, CLIPLoss


def codes(rows=9, features=5, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(rows, features, generator=generator, dtype=torch.float64).to(dtype) for _ in range(2)]


def test_clip_keeps_the_loss_contract():
    check_loss(CLIPLoss(0.5), *codes(dtype=torch.float32), differentiable=2)


def test_the_loss_equals_open_clips():
    """Its `ClipLoss`, written out: features of length 1, labels by position, half of either side."""
    for dtype in (torch.float32, torch.float64):
        images, texts = codes(dtype=dtype)
        scale = torch.tensor(math.log(1 / 0.07), dtype=dtype).exp()
        image_features = images / images.norm(dim=-1, keepdim=True)
        text_features = texts / texts.norm(dim=-1, keepdim=True)
        labels = torch.arange(len(images))
        per_image = scale * image_features @ text_features.T
        per_text = scale * text_features @ image_features.T
        theirs = (
            nn.functional.cross_entropy(per_image, labels) + nn.functional.cross_entropy(per_text, labels)
        ) / 2
        torch.testing.assert_close(CLIPLoss()(images, texts, scale), theirs, rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(CLIPLoss(0.07)(images, texts), theirs, rtol=1e-6, atol=1e-6)


def test_it_is_half_of_the_ranking_from_both_sides_without_a_margin():
    both = AdditiveMarginRankingLoss(margin=0.0, scale=4.0, reduction="none")(*codes()) / 2
    torch.testing.assert_close(CLIPLoss(0.25, reduction="none")(*codes()), both)


def test_the_scale_has_the_gradient_of_differences():
    scale = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda one: CLIPLoss()(*codes(), one), scale)


def test_codes_that_say_nothing_cost_the_logarithm_of_the_batch():
    same = torch.ones(8, 3)
    assert float(CLIPLoss()(same, same)) == pytest.approx(math.log(8), abs=1e-5)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: CLIPLoss(0.0), "temperature must be above 0, got 0.0"),
        (lambda: CLIPLoss()(torch.ones(3, 2), torch.ones(4, 2)), "shape"),
    ],
    ids=["temperature", "shapes"],
)
def test_what_does_not_fit_is_refused(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()
