"""The rules for the width of an embedding."""

import pytest

from netwright.core.errors import TableError
from netwright.data import embedding_size


def emb_sz_rule(n_cat):
    """The line of fastai/tabular/model.py."""
    return min(600, round(1.6 * n_cat**0.56))


def test_sizes_equal_fastais_up_to_a_million_levels():
    levels = [*range(1, 60_000), *range(60_000, 1_000_000, 37), 1_000_000]
    assert [embedding_size(k) for k in levels] == [emb_sz_rule(k) for k in levels]


def test_known_sizes():
    # 7 days, 12 months, 1115 stores as in the Rossmann example
    assert [embedding_size(k) for k in (1, 2, 7, 12, 1115, 10**6)] == [2, 2, 5, 6, 81, 600]
    assert [embedding_size(k, "half") for k in (1, 2, 7, 12, 98, 99, 1115)] == [1, 1, 4, 6, 49, 50, 50]


def test_wrong_arguments_are_told():
    with pytest.raises(TableError, match="at least 1 level"):
        embedding_size(0)
    with pytest.raises(TableError, match="rule must be"):
        embedding_size(3, "fastai")
