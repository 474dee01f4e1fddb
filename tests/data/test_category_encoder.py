"""Categories as codes and one-hot columns: the same as scikit-learn's where the two are comparable."""

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction import FeatureHasher
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from netwright.core.errors import TableError
from netwright.data import CategoryEncoder

RNG = np.random.default_rng(0)
SHARES = np.array([0.5, 0.25, 0.15, 0.06, 0.03, 0.01])
TRAIN = pd.DataFrame(
    {
        "colour": RNG.choice(["red", "blue", "pink", "grey", "teal", "plum"], 500, p=SHARES),
        "size": RNG.choice([10, 9, 100, 7, 8, 11], 500, p=SHARES[::-1]),
    }
)
TEST = TRAIN.sample(200, replace=True, random_state=1).reset_index(drop=True)


def test_codes_equal_scikit_learns_ordinal_encoder():
    ours, theirs = CategoryEncoder().fit(TRAIN), OrdinalEncoder(dtype=np.int64).fit(TRAIN)
    np.testing.assert_array_equal(ours.transform(TEST), theirs.transform(TEST))


def test_codes_with_a_rare_bucket_equal_scikit_learns():
    ours = CategoryEncoder(min_count=40).fit(TRAIN)
    theirs = OrdinalEncoder(min_frequency=40, dtype=np.int64).fit(TRAIN)
    np.testing.assert_array_equal(ours.transform(TEST), theirs.transform(TEST))


def test_one_hot_columns_equal_scikit_learns():
    ours = CategoryEncoder(output="one-hot").fit(TRAIN)
    theirs = OneHotEncoder(sparse_output=False, handle_unknown="ignore").fit(TRAIN)
    test = pd.concat([TEST, pd.DataFrame({"colour": ["never"], "size": [9]})])
    np.testing.assert_array_equal(ours.transform(test), theirs.transform(test))


def test_one_hot_columns_with_a_rare_bucket_equal_scikit_learns():
    ours = CategoryEncoder(output="one-hot", min_count=40).fit(TRAIN)
    theirs = OneHotEncoder(min_frequency=40, sparse_output=False, handle_unknown="infrequent_if_exist").fit(
        TRAIN
    )
    test = pd.concat([TEST, pd.DataFrame({"colour": ["never"], "size": [9]})])
    np.testing.assert_array_equal(ours.transform(test), theirs.transform(test))


def test_missing_values_are_a_level_as_scikit_learns_one_hot_encoder_has_it():
    column = pd.DataFrame({"c": pd.Series(["b", None, "a", "b"], dtype=object)})
    ours = CategoryEncoder(output="one-hot").fit(column)
    theirs = OneHotEncoder(sparse_output=False).fit(column)
    np.testing.assert_array_equal(ours.transform(column), theirs.transform(column))


def test_the_rare_bucket_collects_exactly_the_levels_below_the_threshold():
    encoder = CategoryEncoder(min_count=40).fit(TRAIN)
    for column, name in zip(encoder.columns_, TRAIN, strict=True):
        counts = TRAIN[name].astype(str).value_counts()
        assert set(column.levels) == set(counts[counts >= 40].index)
        codes = encoder.transform(TRAIN)[:, list(TRAIN).index(name)]
        rare = TRAIN[name].astype(str).map(counts).to_numpy() < 40
        np.testing.assert_array_equal(codes == len(column.levels), rare)


def test_hashed_buckets_equal_scikit_learns_feature_hasher():
    words = pd.DataFrame({"c": [f"wörd{n}" for n in RNG.integers(0, 300, 500)]})
    ours = CategoryEncoder(output="one-hot", max_levels=0, n_buckets=32).fit(words[:10]).transform(words)
    hasher = FeatureHasher(n_features=32, input_type="string", alternate_sign=False)
    np.testing.assert_array_equal(ours, hasher.transform([[word] for word in words["c"]]).toarray())


def test_the_most_frequent_levels_are_kept_and_the_rest_hashed():
    encoder = CategoryEncoder(max_levels=2, n_buckets=8).fit(TRAIN)
    assert encoder.columns_[0].levels == sorted(TRAIN["colour"].value_counts().index[:2])
    codes = encoder.transform({"colour": ["red", "teal", "never", "never"], "size": [9, 9, 9, 9]})[:, 0]
    assert codes[0] < 2
    assert (codes[1:] >= 2).all()
    assert codes[2] == codes[3]


def test_codes_do_not_depend_on_the_order_of_rows_or_on_ties():
    shuffled = TRAIN.sample(frac=1, random_state=3)
    tied = pd.DataFrame({"colour": ["b", "a", "c", "d"], "size": [1, 2, 3, 4]})
    for settings in ({"max_levels": 2, "n_buckets": 4}, {"min_count": 30}):
        for train, other in ((TRAIN, shuffled), (tied, tied[::-1])):
            one = CategoryEncoder(**settings).fit(train).transform(TEST)
            np.testing.assert_array_equal(CategoryEncoder(**settings).fit(other).transform(TEST), one)


def test_missing_and_unseen_values_have_their_own_codes():
    encoder = CategoryEncoder().fit({"c": ["b", None, "a"]})
    assert encoder.transform({"c": ["a", "b", "z", None]}).ravel().tolist() == [0, 1, 2, 3]
    complete = CategoryEncoder().fit({"c": ["b", "a"]})
    assert complete.transform({"c": ["a", None]}).ravel().tolist() == [0, 2]


def test_whole_numbers_are_the_same_level_with_and_without_a_decimal_point():
    encoder = CategoryEncoder().fit({"c": [1, 2]})
    assert encoder.transform({"c": [2.0, np.nan]}).ravel().tolist() == [1, 2]


def test_names_of_output_columns_say_level_and_column():
    encoder = CategoryEncoder(output="one-hot", min_count=2).fit({"c": ["b", "b", "a", None, None]})
    assert encoder.get_feature_names_out().tolist() == ["c=b", "c=(rare)", "c=(missing)"]


def test_wrong_settings_and_lacking_columns_are_told():
    with pytest.raises(TableError, match="output must be"):
        CategoryEncoder(output="dense").fit(TRAIN)
    with pytest.raises(TableError, match="min_count=0"):
        CategoryEncoder(min_count=0).fit(TRAIN)
    with pytest.raises(TableError, match="without 'size'"):
        CategoryEncoder().fit(TRAIN).transform(TRAIN[["colour"]])
