"""Columns of categories by their company: entropies equal scipy's, counts those of joined texts."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import entropy
from sklearn.base import clone
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer

from netwright.core.errors import TableError
from netwright.data import GroupEntropyEncoder

RNG = np.random.default_rng(0)
TRAIN = pd.DataFrame(
    {
        "address": RNG.choice(list("abcdef"), 300, p=[0.4, 0.2, 0.2, 0.1, 0.05, 0.05]),
        "device": RNG.choice(["phone", "tablet", "desk"], 300, p=[0.6, 0.3, 0.1]),
        "channel": RNG.choice(["c1", "c2", "c3", "c4", "c5"], 300),
    }
)
PAIRS = [(g, f) for g in TRAIN for f in TRAIN if g != f]


def test_the_entropy_of_each_group_equals_scipys_and_is_that_of_the_training_rows():
    encoder = GroupEntropyEncoder(output="entropy").fit(TRAIN)
    test = TRAIN.sample(60, random_state=1).assign(device="desk")  # other groups than in training
    ours = pd.DataFrame(encoder.transform(test), columns=encoder.get_feature_names_out())
    for g, f in PAIRS:
        of_group = TRAIN.groupby(g)[f].agg(lambda values: entropy(values.value_counts()))
        np.testing.assert_allclose(ours[f"entropy({f} | {g})"], test[g].map(of_group), rtol=1e-12)


def test_counts_are_those_of_the_words_of_each_groups_joined_text():
    encoder = GroupEntropyEncoder(output="counts", n_components=None).fit(TRAIN)
    ours = pd.DataFrame(encoder.transform(TRAIN), columns=encoder.get_feature_names_out())
    for g, f in PAIRS:
        joined = TRAIN.groupby(g)[f].agg(" ".join)
        theirs = pd.DataFrame(
            CountVectorizer(token_pattern=r"\S+").fit_transform(joined).toarray(), joined.index
        )
        mine = ours[[name for name in ours if name.startswith(f"counts({f} | {g})")]]
        np.testing.assert_array_equal(mine, theirs.loc[TRAIN[g]])


def test_reduced_counts_are_the_truncated_svd_of_all_groups_counts():
    encoder = GroupEntropyEncoder(output="counts", n_components=2, random_state=0).fit(TRAIN)
    columns = [name.startswith("counts(channel | address)") for name in encoder.get_feature_names_out()]
    joined = TRAIN.groupby("address")["channel"].agg(" ".join)
    theirs = TruncatedSVD(2, random_state=0).fit_transform(CountVectorizer().fit_transform(joined))
    ours = encoder.transform(TRAIN)[:, columns]
    rows = joined.index.get_indexer(TRAIN["address"])
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs[rows]), atol=1e-8)


def test_levels_that_the_fit_had_not_seen_get_zeros_and_missing_ones_form_a_group():
    train = TRAIN.assign(device=TRAIN["device"].where(TRAIN.index % 10 > 0))
    encoder = GroupEntropyEncoder(output="entropy").fit(train)
    row = pd.DataFrame({"address": ["never"], "device": [None], "channel": ["never"]})
    values = dict(zip(encoder.get_feature_names_out(), encoder.transform(row)[0], strict=True))
    assert values["entropy(device | address)"] == values["entropy(address | channel)"] == 0
    of_missing = entropy(train[train["device"].isna()]["channel"].value_counts())
    assert values["entropy(channel | device)"] == pytest.approx(of_missing)


def test_a_clone_with_the_same_seed_gives_the_same_bits():
    encoder = GroupEntropyEncoder(random_state=3).fit(TRAIN)
    again = clone(encoder).fit(TRAIN)
    assert np.array_equal(encoder.transform(TRAIN), again.transform(TRAIN))
    assert encoder.transform(TRAIN).shape[1] == len(encoder.get_feature_names_out()) == 6 * 4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GroupEntropyEncoder().fit(TRAIN[["device"]]), "two columns or more, got only 'device'"),
        (lambda: GroupEntropyEncoder(output="all").fit(TRAIN), "output must be"),
        (lambda: GroupEntropyEncoder(n_components=0).fit(TRAIN), "n_components=0"),
        (
            lambda: GroupEntropyEncoder().fit(TRAIN).transform(TRAIN[["device"]]),
            "without 'address', 'channel'",
        ),
    ],
)
def test_what_cannot_be_used_is_named(make, message):
    with pytest.raises(TableError, match=message):
        make()
