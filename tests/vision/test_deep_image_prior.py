import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter, zoom
from sklearn.base import clone
from sklearn.datasets import load_sample_image

from netwright.core.errors import InputError
from netwright.vision import DeepImagePrior

SIGMA = 25


def psnr(picture, truth):
    return 10 * np.log10(255**2 / np.square(np.float64(picture) - truth).mean())


@pytest.fixture(scope="module")
def photograph():
    flower = Image.fromarray(load_sample_image("flower.jpg")[:420, 100:520])
    return np.asarray(flower.resize((64, 64), Image.Resampling.LANCZOS))


def noisy_of(picture):
    noise = np.random.default_rng(0).normal(0, SIGMA, picture.shape)
    return np.clip(picture + noise, 0, 255).round().astype(np.uint8)


def test_noise_of_sigma_25_loses_4_decibels_and_more_than_by_any_gaussian_blur(photograph):
    noisy = noisy_of(photograph)
    answer = DeepImagePrior(widths=(24, 24, 24), steps=400, random_state=0).denoise(noisy)
    widths = np.linspace(0.3, 2, 35)
    blurred = max(psnr(gaussian_filter(np.float64(noisy), (one, one, 0)), photograph) for one in widths)
    assert psnr(answer, photograph) > psnr(noisy, photograph) + 4
    assert psnr(answer, photograph) > blurred + 0.5


@pytest.fixture(scope="module")
def smooth():
    rows, columns = np.mgrid[:24, :24] / 24
    return np.uint8(110 + 60 * np.sin(5 * rows + 2) + 50 * (columns > 0.5))


def small(**settings):
    settings = {"widths": (16, 16), "steps": 150, "learning_rate": 0.02, **settings}
    return DeepImagePrior(**settings, random_state=0)


def test_stopping_by_pixels_held_out_saves_what_further_steps_would_lose(smooth):
    """After all steps the network has learned the noise as well; the error held out has told when to stop."""
    noisy = noisy_of(smooth)
    model = small(steps=1200, jitter=0.0)
    answer = model.denoise(noisy)
    stopped_at = model.best_step_
    assert stopped_at < len(model.held_out_errors_) - 100
    assert len(model.held_out_errors_) < 1200
    assert model.held_out_errors_[stopped_at] == min(model.held_out_errors_)
    assert model.held_out_errors_[-1] > 1.1 * min(model.held_out_errors_)
    assert psnr(answer, smooth) > psnr(noisy, smooth) + 4


def test_holes_are_filled_better_than_with_the_mean_and_what_is_known_stays(smooth):
    known = np.random.default_rng(1).random(smooth.shape) < 0.5
    holed = np.where(known, smooth, 0).astype(np.uint8)
    filled = small().inpaint(holed, known)
    assert np.array_equal(filled[known], smooth[known])
    error = np.square(np.float64(filled) - smooth)[~known].mean()
    assert error < 0.1 * smooth[known].var()


def test_what_stands_in_a_hole_has_no_influence(smooth):
    known = np.random.default_rng(1).random(smooth.shape) < 0.7
    one, other = (np.where(known, smooth, value).astype(np.uint8) for value in (0, 255))
    model = small(steps=10)
    assert np.array_equal(model.inpaint(one, known), model.inpaint(other, known))


def test_more_pixels_average_to_the_picture_and_beat_repeating_it(smooth):
    few = smooth.reshape(12, 2, 12, 2).mean((1, 3)).round().astype(np.uint8)
    answer = small(steps=400).super_resolve(few, 2)
    assert answer.shape == (24, 24)
    assert np.abs(answer.reshape(12, 2, 12, 2).mean((1, 3)) - few).mean() < 6
    assert psnr(answer, smooth) > psnr(zoom(few, 2, order=0), smooth)


def test_a_seed_repeats_and_the_users_stream_stays_where_it_is(smooth):
    before = torch.random.get_rng_state()
    model = small(steps=5)
    first, second = model.denoise(smooth), clone(model).denoise(smooth)
    assert torch.equal(before, torch.random.get_rng_state())
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != clone(model).set_params(random_state=1).denoise(smooth).tobytes()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda x: small(steps=0).denoise(x), "steps must be 1 or more, held_out between 0 and 1"),
        (lambda x: small().inpaint(x, np.ones((3, 3))), "mask must have the picture's height and width"),
        (lambda x: small().inpaint(x, np.zeros(x.shape)), "some pixels must be left to be held out"),
        (lambda x: small().super_resolve(x, 0), "factor must be 1 or more, got 0"),
    ],
    ids=["steps", "mask", "nothing-known", "factor"],
)
def test_what_does_not_fit_is_refused(smooth, call, sentence):
    with pytest.raises(InputError, match=sentence):
        call(smooth)


def test_a_bar_shows_how_far_it_is_where_it_is_asked_for(smooth, capsys):
    small(steps=3).denoise(smooth)
    assert capsys.readouterr().err == ""
    small(steps=3, progress=True).denoise(smooth)
    told = capsys.readouterr().err
    assert "mending" in told
    assert "held-out error" in told
