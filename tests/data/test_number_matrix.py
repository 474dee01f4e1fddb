"""Many columns of numbers at once: the same bits as one after the other, however the table lies in memory."""

import numpy as np
import pandas as pd
import pytest

from netwright.core.errors import TableError
from netwright.data import NumberColumn, TableEncoder
from netwright.data.encoders import table_columns
from netwright.data.encoders.number_column import fit_number_column
from netwright.data.encoders.number_matrix import gather

RNG = np.random.default_rng(0)
N = 1003
PLAIN = RNG.normal(size=(N, 40)) * 10.0 ** RNG.integers(-3, 4, 40)
PLAIN[:, 3], PLAIN[:, 4], PLAIN[:, 5] = 7.0, -0.0, RNG.random(N) < 0.3
GAPS = np.where(RNG.random(PLAIN.shape) < 0.05, np.nan, PLAIN)
GAPS[:, 10], GAPS[:, 11] = PLAIN[:, 10], np.nan
TABLES = {
    "float64": PLAIN,
    "float32": PLAIN.astype(np.float32),
    "missing": GAPS,
    "missing, float32": GAPS.astype(np.float32),
    "whole": RNG.integers(-(10**15), 10**15, (N, 40)),
    "short": RNG.integers(-100, 100, (N, 5)).astype(np.int8),
    "truth values": RNG.random((N, 7)) < 0.4,
    "by columns": np.asfortranarray(PLAIN.astype(np.float32)),
    "a part": PLAIN[::2, 30:2:-1],
    "one row": PLAIN[:1].astype(np.float32),
}
ROWS = {"all": lambda n: None, "permuted": RNG.permutation, "some": lambda n: RNG.integers(0, n, n // 2 + 1)}


def column_by_column(X, rows):
    """What the encoder is: each column by itself."""
    X = (X if rows is None else X[rows]).astype(np.float64)
    outs = []
    for place in range(X.shape[1]):
        values = np.ascontiguousarray(X[:, place])
        column = fit_number_column(f"x{place}", values, "standard")
        out = np.zeros((len(X), len(column.names)), dtype=np.float32)
        column.write(values, out)
        outs.append((column, out))
    return [column for column, _ in outs], np.hstack([out for _, out in outs])


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_the_bits_of_its_columns(table, rows, monkeypatch):
    monkeypatch.setattr(table_columns, "BYTES_AT_ONCE", 50_000)  # several blocks of columns
    X, rows = TABLES[table], ROWS[rows](len(TABLES[table]))
    columns, expected = column_by_column(X, rows)
    before = X.copy()
    encoder = TableEncoder().fit(X, rows=rows)
    at_once = TableEncoder()
    for out, fitted in (
        (encoder.transform(X, rows=rows), encoder),
        (at_once.fit_transform(X, rows=rows), at_once),
    ):
        assert out.flags["C_CONTIGUOUS"]
        assert out.tobytes() == expected.tobytes()
        for one, other in zip(fitted.columns_, columns, strict=True):
            assert one.knots.tobytes() == other.knots.tobytes()
            assert (one.name, one.missing_seen) == (other.name, other.missing_seen)
    assert X.tobytes() == before.tobytes()


def test_statistics_are_numpys():
    column = fit_number_column("a", PLAIN[:, 0], "standard")
    largest = np.abs(PLAIN[:, 0]).max()
    shares = PLAIN[:, 0] / largest
    assert column.knots.tolist() == [np.mean(shares) * largest, np.std(shares) * largest]


@pytest.mark.parametrize("value", [np.inf, -np.inf, 2e38, -2e38])
@pytest.mark.parametrize("table", ["float32", "missing", "missing, float32"])
def test_the_first_column_with_a_value_out_of_range_is_named(table, value):
    X = TABLES[table].copy()
    encoder = TableEncoder().fit(X)
    X[700, 11], X[50, 30] = value, value
    for read in (encoder.transform, TableEncoder().fit, TableEncoder().fit_transform):
        with pytest.raises(TableError, match=r"column 'x11' must hold .* in row 701"):
            read(X)


def test_values_far_outside_of_training_stay_within_a_million():
    encoder = TableEncoder().fit(np.array([[1.0], [1.0 + 1e-9]]))
    assert encoder.transform(np.array([[1e37], [-1e37]])).tolist() == [[1e6], [-1e6]]


def test_columns_of_a_frame_are_found_in_an_array_by_position():
    frame = pd.DataFrame(PLAIN[:, :5], columns=list("edcba")).assign(c=1.0)
    encoder = TableEncoder(exclude=["e"]).fit(frame)
    assert "c" in encoder.left_out_
    strange = frame.to_numpy().copy()
    strange[:, 0] = np.inf  # nobody looks at it
    assert encoder.transform(strange).tobytes() == encoder.transform(frame).tobytes()


def test_gathering_never_rounds_and_never_touches_the_table():
    assert gather(PLAIN, None) is None
    assert gather(TABLES["whole"], None) is None
    assert gather(pd.DataFrame(PLAIN), None) is None
    X = TABLES["float32"]
    assert not np.shares_memory(gather(X, None), X)


def test_settings_for_single_columns_hold_in_fit_transform_too():
    X = TABLES["float32"].copy()
    X[:, 6] = RNG.integers(0, 3, N)
    for settings in ({"categories": ["x6"]}, {"exclude": ["x0"]}, {"numbers": "robust"}):
        encoder = TableEncoder(**settings)
        out = encoder.fit_transform(X)
        assert out.tobytes() == TableEncoder(**settings).fit(X).transform(X).tobytes()
    assert not any(
        isinstance(column, NumberColumn) and column.scaling == "standard" for column in encoder.columns_
    )
