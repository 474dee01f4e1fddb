"""Precision, recall, F1, accuracy and entropy over batches."""

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from netwright.core.errors import InputError
from netwright.metrics import ClassificationScores

CLASSES = ("bee", "cat", "dog", "emu")  # emu never occurs
AVERAGES = ("macro", "weighted", "micro")
KINDS = ("precision", "recall", "f1")


def some_rows(rows=101, seed=0):
    rng = np.random.default_rng(seed)
    truth = np.array(CLASSES)[rng.choice(3, rows, p=(0.8, 0.15, 0.05))]
    return truth, rng.dirichlet(np.ones(4), rows), rng.random(rows)


def streamed(scores, truth, prediction, weight=None, size=17):
    for start in range(0, len(truth), size):
        part = slice(start, start + size)
        scores.update(truth[part], prediction[part], sample_weight=None if weight is None else weight[part])
    return scores.result()


def assert_equal_to_sklearn(found, truth, chosen, classes, labels, weight=None):
    settings = {"labels": labels, "sample_weight": weight, "zero_division": 0}
    for average in AVERAGES:
        expected = precision_recall_fscore_support(truth, chosen, average=average, **settings)
        for kind, value in zip(KINDS, expected, strict=False):
            assert found[f"{kind}_{average}"] == pytest.approx(value, abs=1e-9), (kind, average)
    expected = precision_recall_fscore_support(truth, chosen, average=None, **settings)
    for kind, values in zip(KINDS, expected, strict=False):
        assert [found[f"{kind}/{name}"] for name in classes] == pytest.approx(values, abs=1e-9)
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, chosen, sample_weight=weight), abs=1e-9)


def test_streamed_scores_equal_scikit_learn_on_all_rows():
    truth, probability, weight = some_rows()
    chosen = np.array(CLASSES)[probability.argmax(axis=1)]
    found = streamed(ClassificationScores(CLASSES), truth, probability)
    assert_equal_to_sklearn(found, truth, chosen, CLASSES, CLASSES)
    assert found["entropy"] == pytest.approx(entropy(probability, axis=1).mean(), abs=1e-9)
    found = streamed(ClassificationScores(CLASSES), truth, probability, weight)
    assert_equal_to_sklearn(found, truth, chosen, CLASSES, CLASSES, weight)


def test_averaging_the_batches_would_give_another_f1():
    truth, probability, _ = some_rows()
    batches = [slice(start, start + 17) for start in range(0, 101, 17)]
    each = [
        ClassificationScores(CLASSES).update(truth[part], probability[part]).result()["f1_macro"]
        for part in batches
    ]
    whole = streamed(ClassificationScores(CLASSES), truth, probability)["f1_macro"]
    assert abs(np.mean(each) - whole) > 0.01


def test_two_classes_in_one_column_follow_the_threshold():
    rng = np.random.default_rng(1)
    truth, probability = rng.integers(0, 2, 60), np.round(rng.random(60), 1)
    found = streamed(ClassificationScores((0, 1), threshold=0.3), truth, probability)
    assert_equal_to_sklearn(found, truth, (probability > 0.3).astype(int), (0, 1), (0, 1))
    pair = np.stack([1 - probability, probability], axis=1)
    assert found["entropy"] == pytest.approx(entropy(pair, axis=1).mean(), abs=1e-9)
    assert streamed(ClassificationScores((0, 1), threshold=0.3), truth, pair) == pytest.approx(found)


def test_several_labels_a_row_equal_scikit_learn():
    rng = np.random.default_rng(2)
    truth, probability = rng.integers(0, 2, (80, 3)), rng.random((80, 3))
    chosen = (probability > 0.3).astype(int)
    names = ("red", "green", "blue")
    found = streamed(ClassificationScores(names, multilabel=True, threshold=0.3), truth, probability)
    assert_equal_to_sklearn(found, truth, chosen, names, None)
    by_labels = streamed(ClassificationScores(names, multilabel=True), truth, chosen)
    assert np.isnan(by_labels.pop("entropy"))
    assert by_labels == pytest.approx({k: v for k, v in found.items() if k != "entropy"})


def test_labels_alone_are_scored_but_have_no_entropy():
    truth, probability, _ = some_rows()
    chosen = np.array(CLASSES)[probability.argmax(axis=1)]
    found = streamed(ClassificationScores(CLASSES), truth, chosen)
    assert_equal_to_sklearn(found, truth, chosen, CLASSES, CLASSES)
    assert np.isnan(found["entropy"])


def test_merging_two_halves_equals_one_pass():
    truth, probability, weight = some_rows()
    halves = [
        ClassificationScores(CLASSES).update(truth[part], probability[part], sample_weight=weight[part])
        for part in (slice(0, 30), slice(30, None))
    ]
    merged = halves[0].merge(halves[1]).result()
    assert merged == pytest.approx(
        streamed(ClassificationScores(CLASSES), truth, probability, weight), abs=1e-12
    )


def test_scores_that_do_not_fit_are_refused_and_nothing_is_counted():
    seen = ClassificationScores(CLASSES).update(["bee"], ["cat"])
    before = seen.result()
    with pytest.raises(InputError, match="prediction must hold labels among"):
        seen.update(["bee"], ["wasp"])
    with pytest.raises(InputError, match="truth must hold labels among"):
        seen.update(["wasp"], ["bee"])
    with pytest.raises(InputError, match="classes must name the 3 classes of prediction"):
        seen.update(["bee"], [[0.2, 0.3, 0.5]])
    with pytest.raises(InputError, match="prediction must have the 2 rows of truth"):
        seen.update(["bee", "cat"], ["bee"])
    assert seen.result() == pytest.approx(before, nan_ok=True)
    with pytest.raises(InputError, match="same settings"):
        seen.merge(ClassificationScores(("bee", "cat")))
    with pytest.raises(InputError, match="update must come before result"):
        ClassificationScores(CLASSES).result()
    with pytest.raises(InputError, match="two or more different labels"):
        ClassificationScores(("bee", "bee"))
    with pytest.raises(InputError, match="0/1 matrix of 2 columns"):
        ClassificationScores(("a", "b"), multilabel=True).update([[1, 0, 1]], [[1, 0, 1]])
    with pytest.raises(InputError, match="must have one column for each of 2 classes"):
        ClassificationScores(("a", "b"), multilabel=True).update([[1, 0, 1]], [[0.1, 0.2, 0.3]])
