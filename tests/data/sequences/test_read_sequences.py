import numpy as np
import pandas as pd
import pytest
import torch

from netwright.core.errors import InputError
from netwright.data import SequenceSamples, SequenceScaler, StepTargets, read_sequences

NAN, INF = float("nan"), float("inf")
RAGGED = [[1.0, 2.0, 3.0], [4.0], [5.0, 6.0]]


def test_every_form_of_the_same_sequences_is_read_alike():
    array = np.arange(12.0).reshape(3, 4)
    forms = [
        array,
        array[:, :, None],
        array.astype(int),
        torch.tensor(array),
        pd.DataFrame(array),
        list(array),
        [torch.tensor(row)[:, None] for row in array],
        array.tolist(),
        np.array([*array, None], dtype=object)[:3],
    ]
    for form in forms:
        samples = read_sequences(form)
        assert samples.shape == (3, 1)
        assert samples.values.dtype == torch.float32
        assert samples.lengths.tolist() == [4, 4, 4]
        assert samples.values[:, 0].tolist() == list(range(12))


def test_features_of_an_array_stay_beside_each_other():
    X = np.random.default_rng(0).normal(size=(4, 5, 3)).astype(np.float32)
    batch = read_sequences(X)[torch.tensor([2, 0])]
    assert np.array_equal(batch.values.numpy(), X[[2, 0]])
    assert batch.mask is None


def test_a_batch_is_padded_to_its_longest_and_the_mask_says_where():
    samples = read_sequences(RAGGED)
    batch = samples[torch.tensor([2, 1])]
    assert batch.values[:, :, 0].tolist() == [[5, 6], [4, 0]]
    assert batch.mask.tolist() == [[True, True], [True, False]]
    assert batch.lengths.tolist() == [2, 1]
    assert batch.n_steps == 2
    assert samples[torch.tensor([1, 1])].mask is None
    assert samples.n_steps == 2
    assert samples.sequence(2)[:, 0].tolist() == [5, 6]


def test_taken_rows_are_samples_of_their_own_each_once_or_more():
    taken = read_sequences(RAGGED).take(torch.tensor([2, 0, 2]))
    assert taken.lengths.tolist() == [2, 3, 2]
    assert taken.values[:, 0].tolist() == [5, 6, 1, 2, 3, 5, 6]
    whole = read_sequences(np.arange(6.0).reshape(3, 2)).take(torch.tensor([1]))
    assert whole.values[:, 0].tolist() == [2, 3]


def test_targets_of_steps_are_padded_as_their_sequences_are():
    targets = StepTargets(torch.tensor([1, 2, 3, 4, 5, 6]), torch.tensor([3, 1, 2]))
    assert targets[torch.tensor([1, 0])].tolist() == [[4, -100, -100], [1, 2, 3]]
    assert len(targets) == 3


def test_scaling_is_learned_from_known_values_and_missing_ones_become_zero_with_a_mark():
    rng = np.random.default_rng(0)
    X = rng.normal(5, 3, size=(20, 7, 2))
    X[3, 2, 1] = X[8, 0, 1] = NAN
    scaler = SequenceScaler.of(read_sequences(X))
    np.testing.assert_allclose(scaler.means, np.nanmean(X, (0, 1)), rtol=1e-6)
    np.testing.assert_allclose(scaler.scales, np.nanstd(X, (0, 1)), rtol=1e-6)
    assert scaler.marked == (1,)
    scaled = scaler.transform(read_sequences(X)).values.reshape(20, 7, 3)
    assert scaler.n_features == 3
    assert torch.equal(scaled[:, :, 2], torch.tensor(np.isnan(X[:, :, 1])).float())
    assert scaled[3, 2, 1] == scaled[8, 0, 1] == 0
    known = scaled[:, :, 1][~torch.tensor(np.isnan(X[:, :, 1]))]
    assert abs(known.mean()) < 1e-5
    assert abs(known.std(correction=0) - 1) < 1e-5
    np.testing.assert_allclose(scaler.inverse(scaled)[:, :, 0], X[:, :, 0], rtol=1e-5)


def test_a_value_that_only_later_sequences_miss_is_the_mean_and_a_constant_stays_finite():
    scaler = SequenceScaler.of(read_sequences([[[1.0, 7.0], [3.0, 7.0]]]))
    assert scaler.scales == (1.0, 1.0)
    later = scaler.transform(read_sequences([[[NAN, 7.0]]]))
    assert later.values.tolist() == [[0.0, 0.0]]


def test_missing_values_are_an_error_where_it_is_asked_for():
    assert read_sequences([[1.0, None]]).values.isnan().sum() == 1
    with pytest.raises(InputError, match="no missing value, got one in row 1, step 2"):
        read_sequences([[1.0], [1.0, 2.0, NAN]], missing="raise")


@pytest.mark.parametrize(
    ("X", "told"),
    [
        ([[1.0, 2.0], [3.0, INF]], "inf in row 1, step 1"),
        (np.array([[[1.0, 2.0], [3.0, -INF]]]), "-inf in row 0, step 1"),
        ([[1e300]], "inf in row 0, step 0"),
        ([[1.0], []], r"shape \(0,\) in row 1; leave the row out"),
        ([[[1.0, 2.0]], [[1.0]]], "1 in row 1"),
        ([["a", "b"]], "row 0 too"),
        ([[1.0], None], "row 1"),
        (np.zeros(5), r"shape \(5,\); give one sequence as X\[None\]"),
        (np.zeros((0, 3)), r"shape \(0, 3\)"),
        (np.zeros((2, 3, 4, 5)), "shape"),
        ([np.zeros((2, 3, 4))], "in row 0"),
        (np.array([["a"]]), "must hold numbers"),
        (np.array([["2026-01-01"]], dtype="datetime64[D]"), "must hold numbers"),
        ([], "a list of no rows"),
        ("text", "a str"),
        (7, "a int"),
    ],
)
def test_bad_sequences_are_told_by_row_and_step(X, told):
    with pytest.raises(InputError, match=told):
        read_sequences(X)


def test_lengths_that_do_not_make_up_the_values_are_refused():
    with pytest.raises(InputError, match="lengths must be 1 or more"):
        SequenceSamples(torch.zeros(3, 1), torch.tensor([3, 0]))
    with pytest.raises(InputError, match="2 features"):
        SequenceScaler((0.0, 0.0), (1.0, 1.0)).transform(read_sequences([[1.0]]))
