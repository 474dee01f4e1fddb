import pickle

import numpy as np
import pytest
import torch

from netwright.core.errors import InputError
from netwright.vision import SiameseTracker

SIDE, TIME, THING = 48, 10, 10


def clips(n, seed):
    """Things with a texture of their own, on noise, that wander past a thing of another texture."""
    rng = np.random.default_rng(seed)
    pictures = rng.integers(60, 140, (n, TIME, SIDE, SIDE), dtype=np.uint8)
    boxes = np.zeros((n, TIME, 4))
    for clip, box in zip(pictures, boxes, strict=True):
        texture, other = (np.kron(rng.integers(0, 256, (5, 5)), np.ones((2, 2))) for _ in range(2))
        place, speed = rng.uniform(8, SIDE - 8 - THING, 2), rng.uniform(-3, 3, 2)
        still = rng.integers(0, SIDE - THING, 2)
        for time in range(TIME):
            clip[time, still[1] : still[1] + THING, still[0] : still[0] + THING] = other
            left, top = place.round().astype(int)
            seen = texture + rng.normal(0, 15, texture.shape) + 3 * time
            clip[time, top : top + THING, left : left + THING] = np.clip(seen, 0, 255)
            box[time] = left, top, left + THING, top + THING
            speed = np.where((place + speed < 0) | (place + speed > SIDE - THING), -speed, speed)
            place = place + speed
    return pictures, boxes


@pytest.fixture(scope="module")
def tracker():
    return SiameseTracker(steps=200, random_state=0).fit(*clips(60, seed=0))


def test_things_never_seen_are_followed_with_a_mean_overlap_above_0_7(tracker):
    pictures, boxes = clips(40, seed=1)
    overlap = tracker.score(pictures, boxes)
    assert overlap > 0.7
    still = np.repeat(boxes[:, :1], TIME, 1)
    inner = np.minimum(still[..., 2:], boxes[..., 2:]) - np.maximum(still[..., :2], boxes[..., :2])
    shared = inner.clip(min=0).prod(-1)
    assert (shared / (2 * THING**2 - shared))[:, 1:].mean() < 0.4


def test_a_seed_repeats_and_the_users_stream_stays_where_it_is():
    pictures, boxes = clips(4, seed=0)
    before = torch.random.get_rng_state()
    one, other = (SiameseTracker(steps=5, random_state=0).fit(pictures, boxes) for _ in range(2))
    assert torch.equal(before, torch.random.get_rng_state())
    found = one.predict(pictures, boxes[:, 0])
    assert found.tobytes() == other.predict(pictures, boxes[:, 0]).tobytes()
    assert found.tobytes() == pickle.loads(pickle.dumps(one)).predict(pictures, boxes[:, 0]).tobytes()
    np.testing.assert_allclose(found[:, 0], boxes[:, 0])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda X, y: SiameseTracker().fit(X, y[:, :-1]), "y must hold a box of four numbers"),
        (lambda X, y: SiameseTracker().fit(X / 2, y), "X must be clips"),
        (lambda X, y: SiameseTracker(steps=1).fit(X, y).predict(X, y), "first must hold a box for each clip"),
    ],
    ids=["boxes", "bytes", "first"],
)
def test_what_does_not_fit_is_refused(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call(*clips(2, seed=0))


def test_a_bar_shows_how_far_the_training_is_where_it_is_asked_for(capsys):
    given = clips(2, seed=0)
    SiameseTracker(steps=2, random_state=0).fit(*given)
    assert capsys.readouterr().err == ""
    SiameseTracker(steps=2, random_state=0, progress=True).fit(*given)
    told = capsys.readouterr().err
    assert "learning to follow" in told
    assert "2/2" in told
