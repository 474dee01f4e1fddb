"""ROC AUC and average precision."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from netwright.contracts import check_metric
from netwright.core.errors import InputError
from netwright.metrics import UndefinedScoreError, average_precision, roc_auc


def some_ranking(rows=300, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, rows)
    return truth, np.round(truth * 0.3 + rng.random(rows), 1)  # one decimal: many ties


def some_classes(rows=300, seed=0):
    rng = np.random.default_rng(seed)
    return np.arange(rows) % 3, np.round(rng.dirichlet(np.ones(3), rows), 2)


@pytest.mark.parametrize("metric", [roc_auc, average_precision])
def test_ranking_scores_keep_the_metric_contract(metric):
    check_metric(metric, *some_ranking())
    truth, scores = some_classes()
    check_metric(metric, truth, scores)
    check_metric(metric, np.eye(3, dtype=int)[truth], scores)


def test_roc_auc_equals_scikit_learn_ties_included():
    truth, score = some_ranking()
    weight = np.random.default_rng(1).random(len(truth))
    expected = roc_auc_score(truth, score, sample_weight=weight)
    assert roc_auc(truth, score, sample_weight=weight) == pytest.approx(expected, abs=1e-9)
    codes = np.arange(300) % 3
    columns = np.random.default_rng(0).dirichlet(np.ones(3), 300)
    expected = roc_auc_score(codes, columns, multi_class="ovr", average="macro")
    assert roc_auc(codes, columns) == pytest.approx(expected, abs=1e-9)
    several = np.random.default_rng(2).integers(0, 2, (300, 3))
    expected = roc_auc_score(several, columns, average="macro")
    assert roc_auc(several, columns) == pytest.approx(expected, abs=1e-9)


def test_roc_auc_counts_pairs_and_half_of_the_ties():
    truth, score = some_ranking(rows=60)
    above = score[truth == 1][:, None] - score[truth == 0][None, :]
    assert roc_auc(truth, score) == pytest.approx((above > 0).mean() + (above == 0).mean() / 2, abs=1e-12)


def test_roc_auc_does_not_change_under_a_rising_map_and_turns_over_under_a_falling_one():
    truth, score = some_ranking()
    assert roc_auc(truth, np.exp(3 * score)) == pytest.approx(roc_auc(truth, score), abs=1e-12)
    assert roc_auc(truth, -score) == pytest.approx(1 - roc_auc(truth, score), abs=1e-12)


def test_average_precision_equals_scikit_learn_ties_included():
    truth, score = some_ranking()
    weight = np.random.default_rng(1).random(len(truth))
    expected = average_precision_score(truth, score, sample_weight=weight)
    assert average_precision(truth, score, sample_weight=weight) == pytest.approx(expected, abs=1e-9)
    several = np.random.default_rng(2).integers(0, 2, (300, 3))
    _, columns = some_classes()
    expected = average_precision_score(several, columns, average="macro")
    assert average_precision(several, columns) == pytest.approx(expected, abs=1e-9)


def test_average_precision_by_hand():
    assert average_precision([1, 0, 1], [0.9, 0.8, 0.7]) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


@pytest.mark.parametrize("metric", [roc_auc, average_precision])
def test_a_class_that_the_rows_lack_is_left_out_of_the_mean(metric):
    truth, scores = some_classes()
    kept = truth != 2
    pairs = [metric(truth[kept] == code, scores[kept, code]) for code in (0, 1)]
    assert metric(truth[kept], scores[kept]) == pytest.approx(np.mean(pairs), abs=1e-12)


@pytest.mark.parametrize("metric", [roc_auc, average_precision])
def test_rows_of_one_class_have_no_ranking_score_and_say_so(metric):
    with pytest.raises(UndefinedScoreError, match="truth must hold at least two classes"):
        metric([1, 1], [0.2, 0.3])
    with pytest.raises(UndefinedScoreError):
        metric([1, 0], [0.2, 0.3], sample_weight=[1, 0])
    assert issubclass(UndefinedScoreError, InputError)
