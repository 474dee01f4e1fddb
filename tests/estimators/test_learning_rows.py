import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright.estimators.rows import learning_rows

X = pd.DataFrame({"a": [3.0, 1.0, np.nan, 1.0], "b": ["x", "y", "z", "w"]})
Y = np.array([0, 1, 0, 1])


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(4)))
def test_the_same_rows_in_another_order_are_learned_in_the_same_order(order):
    rows, _ = learning_rows(X, Y, None)
    shuffled, _ = learning_rows(X.iloc[order], Y[order], None)
    assert np.asarray(order)[shuffled].tolist() == rows.tolist()


def test_the_order_depends_on_the_target_too():
    """Rows with the same inputs are told apart, so that shuffling cannot swap their targets."""
    same = np.zeros((3, 1))
    target = np.array([5.0, 1.0, 3.0])
    rows, _ = learning_rows(same, target, None)
    again, _ = learning_rows(same, target[::-1].copy(), None)
    assert target[rows].tolist() == target[::-1][again].tolist()


def test_an_index_makes_no_difference():
    assert (
        learning_rows(X.set_axis(list("dcba")), Y, None)[0].tolist() == learning_rows(X, Y, None)[0].tolist()
    )


def test_whole_number_weights_are_repetitions():
    rows, weight = learning_rows(X, Y, [2, 0, 1, 3])
    assert sorted(rows.tolist()) == [0, 0, 2, 3, 3, 3]
    assert weight is None
    repeated = [0, 0, 2, 3, 3, 3]
    again, _ = learning_rows(X.iloc[repeated], Y[repeated], None)
    assert np.asarray(repeated)[again].tolist() == rows.tolist()


def test_other_weights_stay_weights_and_rows_without_weight_are_left_out():
    rows, weight = learning_rows(X, Y, [0.5, 0.0, 2.0, 1.0])
    assert dict(zip(rows.tolist(), weight.tolist(), strict=True)) == {0: 0.5, 2: 2.0, 3: 1.0}


def test_large_whole_weights_are_not_carried_out_as_repetitions():
    rows, weight = learning_rows(X, Y, [1000, 2000, 1000, 1000])
    assert sorted(rows.tolist()) == [0, 1, 2, 3]
    assert weight[rows.tolist().index(1)] == 2000


@pytest.mark.parametrize(
    ("weight", "message"),
    [([1, -1, 1, 1], "must not be negative"), ([0, 0, 0, 0], "non-zero|not zero everywhere")],
)
def test_negative_weights_and_none_at_all_are_refused(weight, message):
    with pytest.raises(ValueError, match=message):
        learning_rows(X, Y, weight)
