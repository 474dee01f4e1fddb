"""The permutation test sees a planted relation, and sees none in noise."""

import numpy as np
import pytest
from sklearn.datasets import load_wine

from netwright.core.errors import InputError
from netwright.doctor.instruments.relations import relation_test


def test_its_p_is_large_for_noise_and_small_for_a_planted_relation():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 4))
    noise = rng.standard_normal(200)
    assert relation_test(X, noise) > 0.2
    assert relation_test(X, rng.integers(3, size=200)) > 0.2
    assert relation_test(X, X[:, 0] * X[:, 1] + 0.3 * noise) < 0.01
    assert relation_test(X, X[:, 2] ** 2 > 0.5) < 0.01


def test_it_sees_which_wine_it_is_and_not_which_label_was_drawn():
    X, y = load_wine(return_X_y=True)
    assert relation_test(X, y) < 0.01
    assert relation_test(X, np.random.default_rng(3).permutation(y)) > 0.2


def test_under_noise_its_level_is_what_it_says():
    rng = np.random.default_rng(0)
    p = [
        relation_test(rng.standard_normal((40, 2)), rng.random(40) > 0.5, n_permutations=40)
        for _ in range(120)
    ]
    assert np.mean(np.array(p) <= 0.1) < 0.2
    assert 0.35 < np.mean(p) < 0.65


def test_too_few_rows_are_refused():
    with pytest.raises(InputError, match="more than 5 rows"):
        relation_test(np.zeros((5, 2)), np.zeros(5))
