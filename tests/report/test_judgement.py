"""The pictures of held-out rows say what scikit-learn says of the same rows."""

import re

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, confusion_matrix, roc_auc_score, roc_curve

from netwright.core.errors import InputError
from netwright.metrics import expected_calibration_error
from netwright.report import Answers, Importance
from netwright.report.confusion import confusion
from netwright.report.importance import ranked
from netwright.report.labels import class_probability, codes, questions
from netwright.report.probabilities import precision_recall_picture, reliability_picture, roc_picture
from netwright.report.rejection import rejection_picture
from netwright.report.residuals import residual_pictures
from netwright.report.svg import Scale, scale_of, thinned


def test_the_confusion_table_counts_as_scikit_learn_does(multiclass):
    found = confusion(multiclass.answers)
    counts = [[cell.count for cell in cells] for _, cells in found.table]
    assert counts == confusion_matrix(multiclass.answers.truth, multiclass.answers.prediction).tolist()
    assert [[cell.right for cell in cells] for _, cells in found.table] == np.eye(3, dtype=bool).tolist()
    assert sum(item.rows for item in found.per_class) == multiclass.table.n_held_out


def test_many_classes_become_a_map_and_a_list_of_the_commonest_mistakes(crowded):
    answers = crowded.answers
    found = confusion(answers)
    assert not found.table
    counts = confusion_matrix(answers.truth, answers.prediction)
    wrong = counts - np.diag(np.diag(counts))
    truth, said, count, _ = found.mistakes[0]
    assert count == wrong.max() == wrong[answers.classes.index(truth), answers.classes.index(said)]
    squares = len(re.findall(r"h1v1h-1z", str(found.picture.drawing)))
    assert squares == np.count_nonzero(counts)


def test_the_legends_hold_scikit_learns_areas(multiclass):
    answers = multiclass.answers
    probability = class_probability(answers)
    for k, name in enumerate(answers.classes):
        truth = answers.truth == name
        roc = dict(text.rsplit(", area ", 1) for _, text in roc_picture(answers).legend)
        assert roc[name] == f"{roc_auc_score(truth, probability[:, k]):.3f}"
        precision = dict(text.rsplit(", average ", 1) for _, text in precision_recall_picture(answers).legend)
        assert precision[name] == f"{average_precision_score(truth, probability[:, k]):.3f}"


def test_the_rejection_curve_ends_at_the_share_of_errors(multiclass):
    answers = multiclass.answers
    picture = rejection_picture(answers)
    probability = class_probability(answers)
    truth = codes(np.asarray(answers.truth), answers.classes)
    wrong = probability.argmax(axis=1) != truth
    surer = np.argsort(-probability.max(axis=1), kind="stable")[: len(wrong) // 2]
    of_half, of_all = re.findall(r"([\d.]+) ?%", picture.caption)
    assert float(of_all) == pytest.approx(100 * wrong.mean(), abs=0.51)
    assert float(of_half) == pytest.approx(100 * wrong[surer].mean(), abs=1.01)


def test_thinning_keeps_the_ends_and_the_area_of_a_curve():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 20_000)
    x, y, _ = roc_curve(truth, truth + rng.normal(0, 1.3, 20_000))
    kept = np.array(thinned(1000 * x, 1000 * y))
    assert len(kept) <= 202
    assert kept[0].tolist() == [0, 0]
    assert kept[-1].tolist() == [1000, 1000]
    assert np.trapezoid(kept[:, 1], kept[:, 0]) / 1e6 == pytest.approx(np.trapezoid(y, x), abs=2e-4)


def test_the_reliability_caption_holds_the_score_of_that_name(binary):
    answers = binary.answers
    error = expected_calibration_error(answers.truth == answers.classes[1], answers.probability)
    assert f"calibration error {error:.3f}" in reliability_picture(answers).caption


@pytest.mark.parametrize(
    ("power", "words"), [(1.0, "taken at their word"), (0.5, "too high"), (2.0, "too low")]
)
def test_the_reliability_caption_names_the_direction(power, words):
    rng = np.random.default_rng(0)
    chance = rng.uniform(size=20_000)
    truth = np.where(rng.uniform(size=20_000) < chance, "yes", "no")
    answers = Answers("binary", "y", ("no", "yes"), truth=truth, probability=chance**power)
    assert words in reliability_picture(answers).caption


def test_one_column_of_probabilities_is_the_second_class():
    answers = Answers("binary", "y", ("no", "yes"), truth=np.array(["no"]), probability=np.array([0.2]))
    np.testing.assert_allclose(class_probability(answers), [[0.8, 0.2]])


def test_classes_that_only_ever_occur_or_never_are_not_asked_about():
    truth = np.array(["a", "a", "b", "b"])
    answers = Answers("multiclass", "y", ("a", "b", "c"), truth=truth, probability=np.full((4, 3), 1 / 3))
    assert [question.name for question in questions(answers)] == ["a", "b"]


@pytest.mark.parametrize("labels", [np.array([1, 0]), np.array([True, False]), np.array([1.0, 0.0])])
def test_labels_are_compared_as_text(labels):
    classes = tuple(sorted({str(value) for value in labels.tolist()}))
    assert codes(labels, classes).tolist() == [1, 0]


def test_labels_outside_the_classes_are_refused():
    with pytest.raises(InputError, match="got 'maybe'"):
        codes(np.array(["yes", "maybe"]), ("no", "yes"))


def test_probabilities_of_another_number_of_classes_are_refused():
    answers = Answers("multiclass", "y", ("a", "b", "c"), probability=np.ones((4, 2)))
    with pytest.raises(InputError, match="one column per class"):
        class_probability(answers)


def test_many_residuals_are_drawn_as_density_in_few_bytes():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=100_000)
    against, histogram = residual_pictures(
        Answers("regression", "y", truth=truth, prediction=truth + rng.normal(0, 0.5, 100_000))
    )
    assert len(str(against.drawing)) < 60_000
    assert "Half of the predictions are off by less than 0.33" in histogram.caption  # 0.6745 * 0.5


def test_each_output_of_several_has_its_own_pictures():
    truth = np.random.default_rng(0).normal(size=(50, 2))
    answers = Answers("regression", "y", ("height", "width"), truth=truth, prediction=truth + 1)
    assert [picture.title for picture in residual_pictures(answers)] == [
        "Predicted over actual, height",
        "Residuals, height",
        "Predicted over actual, width",
        "Residuals, width",
    ]


def test_rows_that_could_not_be_predicted_do_not_spoil_the_pictures():
    truth = np.arange(20.0)
    against, histogram = residual_pictures(
        Answers("regression", "y", truth=truth, prediction=np.where(truth < 3, np.nan, truth))
    )
    assert "of 17 rows" in str(against.drawing)
    assert "mean 0" in str(histogram.drawing)
    assert residual_pictures(Answers("regression", "y", truth=truth, prediction=np.full(20, np.inf))) == []


def test_probabilities_that_are_no_numbers_are_refused():
    answers = Answers("binary", "y", ("a", "b"), probability=np.array([0.1, np.nan]))
    with pytest.raises(InputError, match="finite"):
        class_probability(answers)


def test_the_curve_of_reliability_stays_clear_of_bins_with_few_rows():
    probability = np.r_[np.full(50, 0.1), np.full(3, 0.5), np.full(50, 0.9)]
    truth = np.array(["no", "yes"])[(probability >= 0.5).astype(int)]
    answers = Answers("binary", "y", ("no", "yes"), truth=truth, probability=probability)
    curve = re.search(r'class="line s1" d="([^"]*)"', str(reliability_picture(answers).drawing)).group(1)
    assert curve == "M100 1000M900 0"  # two starts, nothing in between


def test_what_could_not_be_measured_is_not_ranked():
    unknown = Importance("a", float("nan"), 0.1)
    assert ranked([unknown, Importance("b", 0.1), Importance("c", 0.3)]) == [
        Importance("c", 0.3),
        Importance("b", 0.1),
    ]


def test_a_prediction_of_another_shape_is_refused():
    with pytest.raises(InputError, match="shape of truth"):
        residual_pictures(Answers("regression", "y", truth=np.ones(3), prediction=np.ones(4)))


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-0.0031, 0.0007), (1e6, 5e6), (3, 3.00001), (-17, 240)])
def test_ticks_are_round_few_and_inside(low, high):
    ticks = Scale(low, high).ticks()
    assert 2 <= len(ticks) <= 7
    assert low - 1e-9 <= min(ticks) <= max(ticks) <= high + 1e-9


@pytest.mark.parametrize("values", [[], [np.nan], [2.0], [0.0, 0.0], [np.inf, 1.0]])
def test_a_scale_can_be_made_of_anything(values):
    scale = scale_of(values)
    assert np.isfinite([scale.low, scale.high]).all()
    assert scale.low < scale.high
