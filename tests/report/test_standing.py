import numpy as np
import pytest

from netwright.report import Comparison, ReferenceScore
from netwright.report.scores import comparison_picture, score_table, standing


def models(**scores):
    return tuple(
        ReferenceScore(name, {"roc_auc": value}, 1.0, name == "net") for name, value in scores.items()
    )


def test_a_better_reference_is_named_with_both_scores():
    place = standing(Comparison("roc_auc", models(net=0.726, boosting=0.753, linear=0.69)))
    assert not place.ahead
    assert place.sentence == "A reference is better: boosting reaches ROC AUC 0.7530, the net 0.7260."


def test_a_net_that_is_ahead_is_said_to_be():
    place = standing(Comparison("roc_auc", models(boosting=0.7, net=0.726)))
    assert place.ahead
    assert place.sentence == "The net comes first with ROC AUC 0.7260, then boosting with 0.7000."


def test_for_a_loss_the_smaller_score_is_better():
    references = (
        ReferenceScore("net", {"log_loss": 0.6}, 1.0, is_net=True),
        ReferenceScore("linear", {"log_loss": 0.5}, 1.0),
    )
    place = standing(Comparison("log_loss", references))
    assert [model.name for model in place.ranked] == ["linear", "net"]
    dots = str(comparison_picture(place).drawing).split('cx="')[1:]
    linear, net = (float(text.split("%")[0]) for text in dots)
    assert linear > net  # better is further right


def test_level_scores_go_to_nobody():
    place = standing(Comparison("roc_auc", models(boosting=0.7, net=0.7)))
    assert place.ahead
    assert "are level" in place.sentence


def test_scores_that_differ_are_never_written_alike():
    place = standing(Comparison("roc_auc", models(net=0.753101, boosting=0.753102)))
    assert "0.753102" in place.sentence
    assert "0.753101" in place.sentence


def test_a_score_that_is_no_number_is_out_of_the_race():
    place = standing(Comparison("roc_auc", models(net=0.7, broken=np.nan)))
    assert [model.name for model in place.ranked] == ["net"]
    assert place.sentence == ""


def test_a_model_far_behind_does_not_crowd_the_others_together():
    references = models(net=0.995, boosting=0.985, linear=0.997, constant=0.5)
    picture = comparison_picture(standing(Comparison("roc_auc", references)))
    places = [float(text.split("%")[0]) for text in str(picture.drawing).split('cx="')[1:]]
    assert len(places) == 3
    assert max(places) - min(places) > 40
    assert "far beyond" in picture.caption


def test_a_tiny_difference_does_not_look_large():
    picture = comparison_picture(standing(Comparison("roc_auc", models(net=0.7531, boosting=0.7533))))
    first, second = (float(text.split("%")[0]) for text in str(picture.drawing).split('cx="')[1:])
    assert abs(first - second) < 5


def test_the_best_of_each_column_is_marked_in_its_own_direction():
    references = (
        ReferenceScore("net", {"roc_auc": 0.7, "log_loss": 0.5, "own": 3.0}, 1.0, is_net=True),
        ReferenceScore("linear", {"roc_auc": 0.6, "log_loss": 0.4}, 1.0),
    )
    table = score_table(Comparison("roc_auc", references))
    assert [info.label for _, info in table.columns] == ["ROC AUC", "Log loss", "own"]
    marked = [[cell.best for cell in cells] for _, cells in table.rows]
    assert marked == [[True, False, False], [False, True, False]]
    assert [cells[2].text for _, cells in table.rows] == ["3.000", "n/a"]


@pytest.mark.parametrize("references", [(), models(net=0.7)])
def test_without_rivals_there_is_no_comparison(references):
    assert standing(Comparison("roc_auc", references)).sentence == ""
