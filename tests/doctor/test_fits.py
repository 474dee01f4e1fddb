"""A fit that is over is read rightly: each thing that can be wrong with it, and its twin that is well."""

import numpy as np
import pytest

from netwright.doctor.fits import Fitted, examine_fit

RNG = np.random.default_rng(0)
X, HELD = RNG.normal(size=(600, 4)), RNG.normal(size=(300, 4))
Y, WANTED = (X[:, 0] > 0).astype(int), (HELD[:, 0] > 0).astype(int)
FALLING, FLAT = tuple(1 / (1 + 0.2 * epoch) for epoch in range(12)), (1.0, *[0.3] * 11)


def wrong(classes, share, seed=1):
    """Classes of which a share is another one."""
    return np.where(np.random.default_rng(seed).random(len(classes)) < share, 1 - classes, classes)


def kinds(answers=0.02, held=0.03, reference=0.03, **others):
    told = {
        "numbers": False,
        "inputs": X,
        "target": Y,
        "answers": wrong(Y, answers),
        "held_inputs": HELD,
        "held_target": WANTED,
        "held_answers": {
            "net": wrong(WANTED, held, 2),
            "constant": np.zeros(300, dtype=int),
            "linear model": wrong(WANTED, reference, 3),
        },
        "curve": FLAT,
    }
    return [one.kind for one in examine_fit(Fitted(**{**told, **others})) if one.is_alarm]


def test_a_fit_that_is_well_has_no_alarm():
    assert kinds() == []
    assert kinds(curve=FALLING, cut_short=True) == []


def test_a_net_no_better_than_a_constant_is_named_where_another_model_is():
    assert kinds(answers=0.5, held=0.5) == ["not_better_than_constant"]
    assert kinds(answers=0.5, held=0.5, reference=0.5) == []


def test_a_net_that_knows_its_training_rows_alone_is_overfit():
    assert kinds(answers=0.0, held=0.25) == ["overfit"]
    assert kinds(answers=0.0, held=0.25, reference=0.25) == []


def test_a_net_below_a_reference_on_its_own_rows_is_underfit_or_was_stopped_too_early():
    assert kinds(answers=0.2, held=0.2) == ["underfit"]
    assert kinds(answers=0.2, held=0.2, curve=FALLING, cut_short=True) == ["too_few_epochs"]
    assert kinds(answers=0.2, held=0.2, curve=FALLING) == ["underfit"]


@pytest.mark.parametrize(("alike", "wanted"), [(True, ["train_val_shift"]), (False, [])])
def test_held_out_rows_of_another_kind_are_named_where_they_should_be_alike(alike, wanted):
    moved = HELD * 4 + 3
    assert kinds(held_inputs=moved, held=0.25, reference=0.25, alike=alike) == wanted
    assert kinds(held_inputs=moved, alike=alike) == []  # which harms nobody


def test_numbers_are_read_as_well():
    noise = np.random.default_rng(5).normal(size=300)
    held = {"net": HELD[:, 0] + 0.1 * noise, "constant": np.zeros(300), "linear model": HELD[:, 0]}
    given = {"numbers": True, "target": X[:, 0], "answers": X[:, 0], "held_target": HELD[:, 0]}
    assert kinds(**given, held_answers=held) == []
    assert kinds(**given, held_answers={**held, "net": noise}) == ["not_better_than_constant"]
