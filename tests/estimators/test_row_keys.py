"""Keys of rows: content alone decides."""

import numpy as np
import pandas as pd
import pytest

from netwright.estimators.row_keys import MIX, row_keys
from netwright.estimators.rows import learning_rows

RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(size=(500, 7))
TABLES = [
    NUMBERS,
    NUMBERS.astype(np.float32),
    NUMBERS > 0.3,
    RNG.integers(0, 5, (500, 11)).astype(np.int16),
    np.asfortranarray(NUMBERS),
    NUMBERS[:, ::-2],
    NUMBERS.astype(np.longdouble),
]
each = pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.dtype}-{table.shape[1]}")


def test_the_formula_by_hand():
    row = np.array([[3, 2**40 + 5]], dtype=np.uint64)
    factors = [int(f) | 1 for f in np.random.PCG64(0).random_raw(2)]
    total = 0
    for word, factor in zip(row[0].tolist(), factors, strict=True):
        mixed = ((word ^ word >> 32) * int(MIX)) % 2**64
        total += factor * (mixed ^ mixed >> 32)
    assert row_keys(row).tolist() == [total % 2**64]


@each
def test_a_row_has_its_key_wherever_it_stands(table):
    order = RNG.permutation(len(table))
    assert (row_keys(table[order]) == row_keys(table)[order]).all()
    assert row_keys(table[17:18])[0] == row_keys(table)[17]
    assert (row_keys(np.array(table)) == row_keys(table)).all()


@pytest.mark.parametrize("kind", [bool, np.int8, np.float32, np.float64])
def test_rows_of_zeros_and_ones_are_all_told_apart(kind):
    """Floats of few digits differ in their high bits alone, which a bare product would lose."""
    table = (np.arange(2**16)[:, None] >> np.arange(16) & 1).astype(kind)
    assert len(np.unique(row_keys(table))) == 2**16
    high = row_keys(table) >> np.uint64(48)
    assert len(np.unique(high)) > 0.6 * 2**16  # random numbers: 1 - 1/e


def test_exchanged_columns_and_streams_are_told_apart():
    assert (row_keys(NUMBERS) != row_keys(NUMBERS[:, ::-1])).all()
    assert (row_keys(NUMBERS) != row_keys(NUMBERS, stream=1)).all()


@each
def test_a_shuffled_matrix_is_learned_in_the_same_order(table):
    y, order = np.arange(500.0) // 7, RNG.permutation(500)
    rows, _ = learning_rows(table, y, None)
    shuffled, _ = learning_rows(table[order], y[order], None)
    assert table[rows].tobytes() == table[order][shuffled].tobytes()
    assert (y[rows] == y[order][shuffled]).all()


@each
def test_equal_rows_keep_their_order(table):
    twice = np.concatenate([table, table])
    rows = learning_rows(twice, np.zeros(1000), None)[0]
    alike = (twice[rows[1:]] == twice[rows[:-1]]).all(axis=1)
    assert alike.sum() >= 500
    assert (np.diff(rows)[alike] > 0).all()


@pytest.mark.parametrize("table", TABLES[:-1], ids=lambda table: f"{table.dtype}-{table.shape[1]}")
def test_a_frame_of_one_kind_is_learned_in_the_order_of_its_matrix(table):
    frame = pd.DataFrame({f"c{place}": table[:, place] for place in range(table.shape[1])})
    y = np.arange(500)
    assert (learning_rows(frame, y, None)[0] == learning_rows(table, y, None)[0]).all()


def test_the_target_decides_between_equal_rows_of_a_matrix():
    X, y = np.zeros((5, 3)), np.array([4.0, 1.0, 3.0, 2.0, 0.0])
    rows, again = learning_rows(X, y, None)[0], learning_rows(X, y[::-1].copy(), None)[0]
    assert y[rows].tolist() == y[::-1][again].tolist()
