"""Events in films of cells, found without labels."""

import numpy as np
import pytest
import torch
from planted_series import f1
from torch import nn

from netwright.contracts import check_layer
from netwright.contracts.estimator import check_repeats
from netwright.core.errors import InputError
from netwright.sequence import ClipEventDetector
from netwright.sequence.detectors.clip_events import BranchedPredictor
from netwright.training import Training

SIDE, FRAMES = 14, 16
GRID = np.stack(np.mgrid[:SIDE, :SIDE], -1)


def blobs(places):
    """A picture of a cell at each place."""
    return np.exp(-np.square(GRID - places[:, None, None]).sum(-1) / (2 * 1.3**2))


def cells(n_clips, seed, noise=0.05, brightness=1.0, contrast=1.0, beat=0.0):
    """Two cells that move evenly, and may beat; in two clips of three one divides at some frame."""
    rng = np.random.default_rng(seed)
    clips, events = np.zeros((n_clips, FRAMES, SIDE, SIDE)), []
    for clip in range(n_clips):
        event = int(rng.integers(5, FRAMES - 3)) if clip % 3 else None
        light = 1 + (beat and beat * np.sin(np.pi / 2 * np.arange(FRAMES) + rng.uniform(0, 2 * np.pi)))
        for cell in range(2):
            speed = rng.uniform(-0.35, 0.35, 2)
            start = np.array([3.5 + 7 * cell, rng.uniform(4.5, 9.5)]) - speed * FRAMES / 2 + 0.5
            way = rng.permutation([2.2, 1.2])
            frames = np.arange(FRAMES)
            places = start + speed * frames[:, None]
            divided = (frames >= event) if event is not None and cell == 0 else np.zeros(FRAMES, dtype=bool)
            one, two = blobs(places), blobs(places + way) + blobs(places - way)
            clips[clip] += np.where(divided[:, None, None], two, one) * np.reshape(light, (-1, 1, 1))
        events.append([] if event is None else [event])
    clips = brightness + contrast * clips
    return clips + rng.normal(0, contrast * noise, clips.shape), events


def score(found, events):
    """F1 over all clips, an event found once within a frame."""
    apart = [(10 * FRAMES * number) for number in range(len(events))]
    times = [base + t for base, row in zip(apart, found, strict=True) for t in np.flatnonzero(row)]
    planted = [base + t for base, row in zip(apart, events, strict=True) for t in row]
    return f1(times, planted, near=1)


@pytest.fixture(scope="module")
def fitted():
    clips, _ = cells(40, seed=0)
    recipe = Training(epochs=12, learning_rate=1e-2)
    return ClipEventDetector(hidden=6, training=recipe, random_state=0).fit(clips)


def test_planted_divisions_are_found_without_labels(fitted):
    for seed in (0, 1):
        clips, events = cells(40, seed)
        assert score(fitted.predict(clips), events) > 0.9


@pytest.mark.parametrize("other", [{"brightness": 5.0, "contrast": 0.3}, {"noise": 0.1, "brightness": -2.0}])
def test_it_carries_over_to_films_of_other_brightness_and_noise(fitted, other):
    clips, events = cells(40, seed=2, **other)
    assert score(fitted.predict(clips), events) > 0.8


def test_what_beats_regularly_is_learned_and_is_no_event():
    clips, _ = cells(40, seed=0, beat=0.3)
    recipe = Training(epochs=20, batch_size=4, learning_rate=1e-2)
    model = ClipEventDetector(hidden=6, threshold=6.0, training=recipe, random_state=0).fit(clips)
    asked, events = cells(40, seed=1, beat=0.3)
    raw = np.abs(np.diff(asked, axis=1, prepend=asked[:, :1])).max((2, 3))  # what changes, learned or not
    middle = np.median(raw, axis=1, keepdims=True)
    spread = 1.4826 * np.median(np.abs(raw - middle), axis=1, keepdims=True)
    plain = [score((raw - middle) / spread > limit, events) for limit in (2, 3, 4, 5, 6)]
    assert score(model.predict(asked), events) > max(plain) + 0.05


def test_brightness_and_contrast_change_nothing(fitted):
    clips, _ = cells(6, seed=3)
    np.testing.assert_allclose(
        fitted.score_frames(7 + 3 * clips), fitted.score_frames(clips), rtol=1e-2, atol=1e-2
    )


def test_the_network_keeps_the_layer_contract_but_for_frames_that_are_all_alike():
    torch.manual_seed(0)
    check_layer(BranchedPredictor(2, 3, 0.1), torch.randn(2, 4, 6, 6), shape=(2, 1))


def test_its_loss_is_the_formula():
    torch.manual_seed(0)
    network, clips = BranchedPredictor(2, 3, 0.1), torch.randn(2, 4, 6, 6)
    frames = (clips - clips.mean((1, 2, 3), keepdim=True)) / clips.std((1, 2, 3), keepdim=True, correction=0)
    states, _ = network.past(frames[:, :-1, None])
    total = torch.zeros(2)
    for step in range(3):
        regular = frames[:, step] + network.regular(states[:, step])[:, 0]
        surprise = frames[:, step + 1] - regular
        codes = nn.functional.softplus(network.notice(torch.cat([surprise[:, None], states[:, step]], 1)))
        left = surprise - network.add(codes)[:, 0]
        total += (left**2 + surprise**2).mean((1, 2)) / 3 + 0.1 * codes.mean((1, 2, 3)) / 3
    torch.testing.assert_close(network(clips)[:, 0], total)


def test_it_repeats_and_survives_saving():
    clips = np.random.default_rng(0).normal(size=(8, 5, 6, 6))
    check_repeats(ClipEventDetector(hidden=2, codes=2, training=Training(epochs=1)), clips)


def test_what_are_no_clips_is_refused():
    with pytest.raises(InputError, match="X must be clips"):
        ClipEventDetector().fit(np.zeros((4, 5, 6)))
    with pytest.raises(InputError, match="of more than 2 frames"):
        ClipEventDetector().fit(np.zeros((4, 2, 6, 6)))
