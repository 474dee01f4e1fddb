import numpy as np
import pytest
from scipy.stats import spearmanr

from netwright.core.errors import InputError
from netwright.embeddings import SimilarityBlend


class Table:
    """An embedder that knows one angle of each text."""

    def __init__(self, angles):
        self.angles = angles

    def transform(self, texts):
        angles = np.array([self.angles[text] for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], 1)


@pytest.fixture
def planted():
    """Grades that are the sum of what two embedders see, each with half of it."""
    rng = np.random.default_rng(0)
    pairs = [(f"a{n}", f"b{n}") for n in range(120)]
    one, other = rng.uniform(0, 1, (2, 120))
    angles = [
        {"a" + str(n): 0.0 for n in range(120)} | {f"b{n}": v for n, v in enumerate(x)} for x in (one, other)
    ]
    grades = np.cos(one) / np.cos(one).std() + np.cos(other) / np.cos(other).std()
    return pairs, grades, Table(angles[0]), Table(angles[1])


def test_the_blend_is_at_least_as_good_as_the_better_of_both_on_the_pairs_it_saw(planted):
    pairs, grades, first, second = planted
    rng = np.random.default_rng(1)
    for y in (grades, rng.normal(size=120), grades + rng.normal(size=120)):
        blend = SimilarityBlend(first, second).fit(pairs, y)
        cosines = [np.cos([one.angles[b] for _, b in pairs]) for one in (first, second)]
        alone = [spearmanr(y, one).statistic for one in cosines]
        found = spearmanr(y, blend.predict(pairs)).statistic
        assert found >= max(alone) - 1e-12
        assert found == pytest.approx(blend.correlations_.max())


def test_where_both_know_a_half_it_trusts_both_alike_and_beats_each_on_new_pairs(planted):
    pairs, grades, first, second = planted
    blend = SimilarityBlend(first, second).fit(pairs[:60], grades[:60])
    assert 0.4 <= blend.weight_ <= 0.6
    found = spearmanr(grades[60:], blend.predict(pairs[60:])).statistic
    for one in (first, second):
        alone = spearmanr(grades[60:], np.cos([one.angles[b] for _, b in pairs[60:]])).statistic
        assert found > alone + 0.1


def test_one_that_knows_nothing_is_not_listened_to(planted):
    pairs, _, first, second = planted
    y = np.cos([second.angles[b] for _, b in pairs])
    assert SimilarityBlend(first, second).fit(pairs, y).weight_ == 0
    constant = Table({text: 0.0 for pair in pairs for text in pair})
    assert SimilarityBlend(constant, second).fit(pairs, y).weight_ < 1
    with pytest.raises(InputError, match="pairs must differ"):
        SimilarityBlend(constant, constant).fit(pairs, y)


@pytest.mark.parametrize("y", [[1.0], [1.0] * 120, [np.nan] * 120])
def test_grades_that_say_nothing_are_named(planted, y):
    pairs, _, first, second = planted
    with pytest.raises(InputError, match="y must be 120 numbers"):
        SimilarityBlend(first, second).fit(pairs, y)
