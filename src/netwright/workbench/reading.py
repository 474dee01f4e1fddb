"""What a doctor says of a job's fit when it is over."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from netwright.data import TableFinding
from netwright.doctor.fits import Fitted, examine_fit
from netwright.workbench.cut import Cut

MOST_ROWS = 2000
"""Training rows that are looked at."""


def read_fit(
    model: Any, cut: Cut, answers: Mapping[str, np.ndarray], *, seed: int = 0
) -> tuple[TableFinding, ...]:
    """Return what is wrong with a fit, one finding for each alarm of the doctor.

    Args:
        model: the fitted estimator.
        cut: the table.
        answers: of the references, by name, for the held-out rows.
        seed: of the sample of training rows.

    Example:
        >>> from sklearn.datasets import load_wine
        >>> from netwright.tabular import MLPClassifier
        >>> from netwright.workbench.cut import Request, cut_table
        >>> cut = cut_table(load_wine(as_frame=True).frame, Request("target"))
        >>> model = MLPClassifier(random_state=0).fit(cut.learn.X, cut.learn.y)
        >>> read_fit(model, cut, {"constant": np.full(len(cut.held_out), cut.learn.y[0])})
        ()
    """
    numbers = cut.target.task == "regression"
    chosen = np.sort(np.random.default_rng(seed).permutation(len(cut.learn))[:MOST_ROWS])
    X, y = cut.learn.X.iloc[chosen].reset_index(drop=True), cut.learn.y[chosen]
    classes = np.unique(cut.learn.y)

    def coded(values: Any) -> np.ndarray:
        return np.asarray(values, dtype=np.float64) if numbers else np.searchsorted(classes, values)

    record = model.record_
    named = {"net": model.predict(cut.held_out.X), **answers}
    found = examine_fit(
        Fitted(
            numbers,
            model.table_.transform(X),
            coded(y),
            coded(model.predict(X)),
            model.table_.transform(cut.held_out.X),
            coded(cut.held_out.y),
            {name: coded(values) for name, values in named.items()},
            tuple(record.values("validation_loss") or record.values("loss")),
            cut_short=record.best_epoch == len(record.epochs),
            alike=cut.learn.groups is None and cut.learn.time is None,
        )
    )
    return tuple(
        TableFinding(one.kind.replace("_", " "), "warning", one.message, (), (), one.remedy)
        for one in found
        if one.is_alarm
    )
