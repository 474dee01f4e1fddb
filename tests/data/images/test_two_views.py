import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from netwright.core.errors import InputError
from netwright.data import RandomCrop, RandomFlip, TwoViews, barlow_views
from netwright.losses import BarlowTwinsLoss
from netwright.training import Augmentation, Objective, TensorSamples, Training

X, Y = load_digits(return_X_y=True)
DIGITS = torch.as_tensor(X / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
LABELS = torch.as_tensor(Y)
GENTLE = barlow_views(channels=1, smallest_crop=0.7, flip=False, color=0.5)


def draw(views, pictures, seed):
    return views.views(pictures, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("in_bytes", [False, True])
def test_two_views_of_a_batch_are_different_seeded_and_label_preserving(channels, in_bytes):
    pictures = DIGITS[:300].repeat(1, channels, 1, 1)
    pictures = (pictures * 255).round().to(torch.uint8) if in_bytes else pictures
    views = barlow_views(channels, smallest_crop=0.7, flip=False, color=0.5)
    kept, stream = pictures.clone(), torch.get_rng_state()
    first, second = draw(views, pictures, 0)
    assert first.shape == second.shape == pictures.shape
    assert first.dtype == second.dtype == pictures.dtype
    same = [
        (a == b).flatten(1).all(1).any() for a, b in ((first, second), (first, pictures), (second, pictures))
    ]
    assert not any(same)  # no picture is the same in two of the three
    again = draw(views, pictures, 0)
    assert torch.equal(first, again[0])
    assert torch.equal(second, again[1])
    assert not torch.equal(first, draw(views, pictures, 1)[0])
    assert torch.equal(pictures, kept)
    assert torch.equal(stream, torch.get_rng_state())
    assert views(pictures, LABELS[:300], torch.Generator())[1] is not None
    assert torch.equal(views(pictures, LABELS[:300], torch.Generator())[1], LABELS[:300])
    for view in (first, second):
        right = (nearest(view.float(), pictures.float()) == LABELS[:300]).float().mean()
        assert right > 0.8, f"only {right} of the views still show their label"


def nearest(views, pictures):
    """Label of the picture that a view resembles most, at any brightness and contrast."""

    def standardised(x):
        x = x.mean(1).flatten(1)
        return nn.functional.normalize(x - x.mean(1, keepdim=True), dim=1)

    return LABELS[:300][(standardised(views) @ standardised(pictures).T).abs().argmax(1)]


def test_the_second_view_alone_is_solarised_and_blurred_less():
    even = torch.full((2000, 1, 32, 32), 1.0)
    first, second = draw(barlow_views(1, color=1e-6), even, 0)
    assert (first > 0.99).all()
    inverted = (second < 0.01).flatten(1).all(1).float().mean()
    assert abs(inverted - 0.2) < 0.04
    dots = torch.zeros(500, 1, 224, 224)
    dots[..., ::8, ::8] = 1.0
    sharp, sharper = draw(barlow_views(1, smallest_crop=1.0, flip=False, color=0), dots[:40], 0)
    assert sharp.amax((1, 2, 3)).mean() < 0.7 * sharper.amax((1, 2, 3)).mean()


def test_views_of_the_same_kind_are_drawn_apart_and_of_two_kinds_each_by_its_own():
    pictures = DIGITS[:50]
    one, other = draw(TwoViews(RandomCrop(2)), pictures, 0)
    assert not torch.equal(one, other)
    mirrored, plain = draw(TwoViews(RandomFlip(1.0), RandomFlip(0.0)), pictures, 0)
    assert torch.equal(mirrored, pictures.flip(-1))
    assert torch.equal(plain, pictures)


def test_channels_that_have_no_views_are_refused():
    with pytest.raises(InputError, match="channels must be 1 or 3, got 2"):
        barlow_views(2)
    with pytest.raises(InputError, match="scale must be a range above 0"):
        barlow_views(3, smallest_crop=0.0)


class Twins(Objective):
    """Barlow Twins on pairs of views."""

    def loss(self, network, batch):
        first, second = batch.inputs
        return BarlowTwinsLoss()(network(first), network(second))


def test_the_recipe_trains_on_pairs_of_views():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 16))
    samples = TensorSamples(DIGITS[:512], torch.zeros(512))

    recipe = Training(epochs=6, batch_size=128, validation=0, callbacks=[Augmentation(GENTLE)])
    record = recipe.run(net, Twins(), samples)
    losses = record.values("loss")
    assert losses[-1] < 0.7 * losses[0]
