import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from netwright.contracts import check_augmentation
from netwright.core.errors import InputError
from netwright.data import (
    ColorJitter,
    CutMix,
    GaussianBlur,
    InTurn,
    Mixup,
    RandAugment,
    RandomAffine,
    RandomCrop,
    RandomErasing,
    RandomFlip,
    RandomGrayscale,
    RandomResizedCrop,
    RandomSolarize,
)
from netwright.training import Augmentation, Supervised, TensorSamples, Training, predict

ALL = [
    RandomFlip(),
    RandomFlip(upside_down=True),
    RandomCrop(2),
    RandomCrop(2, fill="reflect"),
    RandomResizedCrop(),
    ColorJitter(),
    RandomGrayscale(0.5),
    RandomSolarize(0.5),
    GaussianBlur(),
    RandomAffine(10, shift=0.1, scale=(0.9, 1.1), shear=5),
    RandomErasing(),
    RandAugment(),
    InTurn([RandomFlip(), RandomCrop(2)]),
    CutMix(),
    Mixup(),
]
COLOUR = torch.rand(6, 3, 12, 10, generator=torch.Generator().manual_seed(0))


def draw(augmentation, pictures, target=None, seed=0):
    target = torch.zeros(len(pictures)) if target is None else target
    return augmentation(pictures, target, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("augmentation", ALL, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_of_bytes_and_of_floats_keep_the_contract(augmentation, channels):
    if channels == 1 and isinstance(augmentation, RandomGrayscale):
        return
    floats = COLOUR[:, :channels]
    check_augmentation(augmentation, floats, torch.arange(6.0))
    check_augmentation(augmentation, (floats * 255).round().to(torch.uint8), torch.arange(6.0))


@pytest.mark.parametrize("augmentation", ALL, ids=lambda one: type(one).__name__)
def test_bytes_and_floats_are_changed_alike(augmentation):
    in_bytes = (COLOUR * 255).round().to(torch.uint8)
    of_floats, _ = draw(augmentation, in_bytes / 255)
    of_bytes, _ = draw(augmentation, in_bytes)
    away = 3 if isinstance(augmentation, (RandAugment, ColorJitter, RandomErasing)) else 1.01
    assert (of_floats * 255 - of_bytes.float()).abs().max() <= away  # each of several steps rounds bytes


@pytest.mark.parametrize("augmentation", ALL, ids=lambda one: type(one).__name__)
def test_what_is_no_picture_is_refused(augmentation):
    if isinstance(augmentation, Mixup):
        return
    for wrong in (torch.zeros(3, 8, 8), torch.zeros(2, 3, 8, 8, dtype=torch.long)):
        with pytest.raises(InputError, match=r"of \(batch, channels, height, width\)"):
            draw(augmentation, wrong)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (RandomFlip, {"share": 1.5}),
        (RandomCrop, {"padding": 0}),
        (RandomCrop, {"fill": "mirror"}),
        (RandomResizedCrop, {"scale": (0.0, 1.0)}),
        (RandomResizedCrop, {"scale": (0.5, 1.5)}),
        (ColorJitter, {"hue": 0.6}),
        (ColorJitter, {"contrast": -1}),
        (GaussianBlur, {"sigma": (0.0, 1.0)}),
        (RandomAffine, {"degrees": 200}),
        (RandomAffine, {"shift": 1.0}),
        (RandomAffine, {"scale": (1.0, 0.5)}),
        (RandomAffine, {"shear": 90}),
        (RandomAffine, {"padding": "edge"}),
        (RandomErasing, {"scale": (0.5, 0.1)}),
        (RandAugment, {"magnitude": 31}),
        (RandAugment, {"n_changes": 0}),
        (RandAugment, {"left_out": ("flip",)}),
        (Mixup, {"alpha": 0}),
        (CutMix, {"share": 2}),
    ],
)
def test_arguments_out_of_range_are_refused_by_name(kind, arguments):
    with pytest.raises(InputError, match=next(iter(arguments))):
        kind(**arguments)


def test_a_share_of_the_pictures_is_mirrored_and_the_others_stay():
    many = COLOUR[:1].expand(4000, 3, 12, 10)
    flipped, _ = draw(RandomFlip(0.3), many)
    is_flipped = (flipped == many.flip(-1)).flatten(1).all(1)
    assert (is_flipped | (flipped == many).flatten(1).all(1)).all()
    assert abs(is_flipped.float().mean() - 0.3) < 4 * (0.3 * 0.7 / 4000) ** 0.5


@pytest.mark.parametrize("fill", ["constant", "reflect", "replicate"])
def test_a_crop_is_one_of_the_places_in_the_widened_picture(fill):
    many = COLOUR[:1].expand(300, 3, 12, 10)
    cropped, _ = draw(RandomCrop(2, fill=fill), many)
    wide = nn.functional.pad(COLOUR[:1], [2] * 4, mode=fill)
    places = {
        (top, left): wide[0, :, top : top + 12, left : left + 10] for top in range(5) for left in range(5)
    }
    seen = [next(place for place, part in places.items() if torch.equal(part, one)) for one in cropped]
    assert set(seen) == set(places)


def test_a_resized_crop_of_the_whole_picture_is_the_picture():
    whole = RandomResizedCrop(scale=(1.0, 1.0), ratio=(10 / 12, 10 / 12))
    torch.testing.assert_close(draw(whole, COLOUR)[0], COLOUR, atol=1e-5, rtol=0)
    assert draw(RandomResizedCrop((5, 7)), COLOUR)[0].shape == (6, 3, 5, 7)


def test_resized_crops_keep_areas_within_their_scale():
    ramp = torch.arange(64.0).reshape(1, 1, 1, 64).expand(500, 1, 64, 64) / 64
    seen, _ = draw(RandomResizedCrop(scale=(0.25, 0.25), ratio=(1.0, 1.0)), ramp)
    extent = (seen[..., -1] - seen[..., 0])[:, 0, 0] * 64  # of 32 pixels, whose outer centres are 31.5 apart
    assert (extent - 31.5).abs().max() < 0.6


def test_an_erased_box_has_its_share_and_the_rest_stays():
    ones = torch.full((400, 3, 20, 30), 0.5)
    erased, _ = draw(RandomErasing(1.0, scale=(0.2, 0.2), ratio=(1.0, 1.0), level=0.0), ones)
    assert erased.unique().tolist() == [0.0, 0.5]
    assert ((erased[:, 0] == 0).float().mean((1, 2)) - 0.2).abs().max() < 0.02
    noisy, _ = draw(RandomErasing(1.0, scale=(0.2, 0.2)), ones)
    changed = noisy != 0.5
    assert noisy[changed].std() > 0.2
    both = changed.any(1).float()
    assert (both.amax(2).sum(1) * both.amax(1).sum(1) == both.sum((1, 2))).all()  # one whole box each


def test_grey_is_equal_in_all_channels_and_blur_keeps_the_mean():
    plain, _ = draw(RandomGrayscale(1.0), COLOUR)
    assert torch.equal(plain[:, 0], plain[:, 2])
    many = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(1)).expand(20, 1, 64, 64)
    smooth, _ = draw(GaussianBlur((1.0, 2.0)), many)
    assert (smooth.mean((1, 2, 3)) - many.mean()).abs().max() < 0.01
    assert (smooth.var((1, 2, 3)) < 0.2 * many.var()).all()


def test_no_amount_of_jitter_changes_nothing_and_amounts_stay_in_their_range():
    torch.testing.assert_close(draw(ColorJitter(0, 0, 0, 0), COLOUR)[0], COLOUR)
    even = torch.full((500, 1, 1, 1), 0.5)
    bright, _ = draw(ColorJitter(0.4, 0, 0, 0), even)
    assert 0.3 - 1e-6 <= bright.min() < 0.31
    assert 0.69 < bright.max() <= 0.7 + 1e-6


def test_magnitude_0_changes_only_what_has_no_strength():
    still = RandAugment(magnitude=0, left_out=("autocontrast", "equalize", "solarize"))
    in_bytes = (COLOUR * 255).round().to(torch.uint8)
    assert torch.equal(draw(still, in_bytes)[0], in_bytes)
    twice = RandAugment(n_changes=2, magnitude=20)
    assert not torch.equal(draw(twice, in_bytes)[0], draw(RandAugment(1, 20), in_bytes)[0])


@pytest.mark.parametrize("kind", [Mixup, CutMix])
def test_targets_are_mixed_in_the_proportion_of_the_pictures(kind):
    target = torch.arange(200) % 4
    pictures = nn.functional.one_hot(target, 4).float()[:, :, None, None].expand(200, 4, 16, 16)
    mixed, shares = draw(kind(n_classes=4, alpha=1.0), pictures, target)
    torch.testing.assert_close(mixed.mean((2, 3)), shares, atol=1e-5, rtol=0)
    torch.testing.assert_close(shares.sum(1), torch.ones(200))
    assert ((shares > 0.05) & (shares < 0.95)).any(1).float().mean() > 0.4
    numbers, values = draw(kind(alpha=1.0), pictures, target.float())
    torch.testing.assert_close((numbers.mean((2, 3)) * torch.arange(4.0)).sum(1), values, atol=1e-4, rtol=0)


def test_the_proportion_of_mixup_is_drawn_from_the_beta_distribution():
    pair = torch.tensor([0.0, 1.0]).repeat(20_000)
    for alpha in (0.2, 1.0, 5.0):
        mixed, _ = draw(Mixup(alpha=alpha), pair[:, None], pair, seed=3)
        other = mixed[(mixed > 0) & (mixed < 1)]  # about half have a partner of the other kind
        assert abs(other.var() - 1 / (4 * (2 * alpha + 1))) < 0.005


@pytest.mark.parametrize("kind", [Mixup, CutMix])
def test_targets_that_cannot_be_mixed_are_refused(kind):
    pictures = torch.zeros(3, 1, 4, 4)
    for mix, target, told in (
        (kind(), torch.arange(3), "must be floats, got torch.int64; give n_classes"),
        (kind(n_classes=2), torch.arange(3), "below n_classes=2, got 2"),
        (kind(n_classes=3), torch.eye(3), r"must be class numbers \(batch\)"),
    ):
        with pytest.raises(InputError, match=told):
            draw(mix, pictures, target)


def test_a_net_that_sees_shifted_digits_errs_less_on_shifted_ones():
    X, y = load_digits(return_X_y=True)
    pictures = torch.as_tensor(X / 16 * 255).round().to(torch.uint8).reshape(-1, 1, 8, 8)
    target = torch.as_tensor(y)
    shifted, _ = draw(RandomCrop(1), pictures[1200:], seed=9)

    class Net(nn.Sequential):
        def forward(self, x):
            return super().forward(x.float() / 255)

    right = {}
    for name, callbacks in (("plain", []), ("augmented", [Augmentation(RandomCrop(1))])):
        torch.manual_seed(0)
        net = Net(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
        recipe = Training(epochs=20, batch_size=64, learning_rate=3e-3, validation=0, callbacks=callbacks)
        recipe.run(net, Supervised(nn.CrossEntropyLoss()), TensorSamples(pictures[:1200], target[:1200]))
        right[name] = float((predict(net, shifted).argmax(1) == target[1200:]).float().mean())
    assert right["augmented"] > right["plain"] + 0.1
