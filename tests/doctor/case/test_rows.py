"""Rows and their keys."""

import torch

from netwright.doctor.case.rows import row_keys


def test_rows_of_which_there_are_none_have_no_keys():
    assert row_keys(torch.zeros(0, 3)) == []


def test_rows_without_columns_are_all_alike():
    assert len(set(row_keys(torch.zeros(2, 0)))) == 1
