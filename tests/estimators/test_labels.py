import numpy as np
import pandas as pd
import pytest
import torch

from netwright.core.errors import InputError
from netwright.estimators.heads import BinaryHead, SigmoidHead, SoftmaxHead
from netwright.estimators.labels import read_labels


@pytest.mark.parametrize(
    "y",
    [
        np.array(["b", "a", "b"]),
        np.array([7, -3, 7]),
        np.array([True, False, True]),
        [1.0, 0.0, 1.0],
        pd.Series(["b", "a", "b"], dtype="category"),
        pd.Series(["b", "a", "b"], dtype="string"),
    ],
)
def test_two_classes_of_any_type_are_one_logit(y):
    labels = read_labels(y)
    assert (labels.kind, labels.head()) == ("single", BinaryHead())
    assert labels.classes.tolist() == sorted(set(y))
    assert labels.target.tolist() == [1, 0, 1]


def test_several_classes_are_one_logit_each_in_sorted_order():
    labels = read_labels(["b", "c", "a", "b"])
    assert labels.head() == SoftmaxHead(3)
    assert labels.target.tolist() == labels.numbers().tolist() == [1, 2, 0, 1]
    assert labels.target.dtype == torch.int64


def test_a_matrix_of_zero_and_one_is_several_labels():
    labels = read_labels(pd.DataFrame({"wet": [0, 1, 1], "cold": [1, 1, 0]}))
    assert (labels.kind, labels.head(), labels.numbers()) == ("multi", SigmoidHead(2), None)
    assert labels.classes.tolist() == ["wet", "cold"]


def test_rows_that_add_up_to_one_are_soft_labels_of_one_class():
    labels = read_labels([[0.2, 0.8], [0.5, 0.5], [0.9, 0.1], [0.4, 0.6]])
    assert (labels.kind, labels.head()) == ("soft", SoftmaxHead(2))
    assert labels.numbers().tolist() == [1, 0, 0, 1]


def test_soft_labels_with_a_class_that_is_hardly_ever_the_likeliest_have_no_numbers():
    assert read_labels([[0.2, 0.8], [0.6, 0.4], [0.9, 0.1]]).numbers() is None


def test_other_rows_between_zero_and_one_are_soft_labels_of_their_own():
    labels = read_labels([[0.2, 0.9], [0.5, 0.5]])
    assert (labels.kind, labels.head()) == ("soft-multi", SigmoidHead(2))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a", None, "a", "b"], "a missing one in row 2"),
        ([1.0, np.nan], "a missing one in row 2"),
        (pd.Series([1, 0, None], dtype="Int64"), "a missing one in row 3"),
        (["a", "a"], "only the class a"),
        ([[0, 2], [1, 1]], "values from 0 to 2"),
        ([[0.5, np.nan], [1, 1]], "NaN|nan"),
    ],
)
def test_a_target_that_cannot_be_learned_is_told(y, message):
    with pytest.raises(ValueError, match=message):
        read_labels(y)


def test_a_target_of_measurements_is_no_classification():
    with pytest.raises(ValueError, match="Unknown label type"):
        read_labels([0.1, 0.2, 0.35])


def test_the_errors_are_ours_and_say_how_to_mend_it():
    with pytest.raises(InputError, match="use MLPMultiOutput for several targets"):
        read_labels([[0, 2], [1, 1]])
