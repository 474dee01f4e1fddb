"""What errors remain when the rows of most doubt are left to somebody else?"""

import numpy as np

from netwright.metrics import risk_coverage_curve
from netwright.report.content import Answers
from netwright.report.labels import confidence
from netwright.report.svg import Picture, Scale, axes, line, plot, stretched
from netwright.report.wording import number, percent

KEPT = Scale(0.0, 1.0)


def rejection_picture(answers: Answers) -> Picture:
    """Draw the share of errors among the rows that are kept, the most certain first, over their share."""
    outcome, probability, _ = confidence(answers)
    if len(answers.classes) > 2 and answers.task != "multilabel":
        wrong, doubt = 1 - outcome, -probability
    else:
        wrong, doubt = (probability > 0.5) != outcome, -np.maximum(probability, 1 - probability)
    curve = risk_coverage_curve(wrong, doubt)
    errors = float(curve.risk[-1])
    y = Scale(0.0, max(float(curve.risk.max()), 0.01) * 1.05)
    level = line(KEPT(np.array([0.0, 1.0])), y(np.array([errors, errors])), "ideal")
    body = [
        axes(KEPT, y, "share of the rows that are kept"),
        stretched(level, line(KEPT(curve.coverage), y(curve.risk), "s1")),
    ]
    half = float(curve.risk[max(len(curve.risk) // 2 - 1, 0)])
    label = f"Rejection curve: area under it {number(curve.area())}."
    caption = f"Of the surer half of the rows {percent(half)} are wrong, of all {percent(errors)}."
    legend = (("s1", "errors among the rows that are kept"), ("ideal", "doubt that knows nothing"))
    return Picture("Rejection", plot(label, body, shape="square"), legend, caption)
