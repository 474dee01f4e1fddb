"""Scores that a script takes from scikit-learn: which argument was given as the truth."""

import functools
import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

from netwright.doctor.observe.facts import ScoreCall
from netwright.doctor.observe.places import user_line

WHERE, NAME = "sklearn.utils._param_validation", "validate_parameter_constraints"
"""Every score of scikit-learn has its arguments checked there, by name."""
ONE_WAY = frozenset(
    {
        "average_precision_score",
        "balanced_accuracy_score",
        "d2_absolute_error_score",
        "d2_pinball_score",
        "explained_variance_score",
        "mean_absolute_percentage_error",
        "mean_pinball_loss",
        "precision_score",
        "r2_score",
        "recall_score",
        "roc_auc_score",
    }
)
"""Scores that change when truth and prediction change places."""
MOST_ROWS = 10_000


class Scoring(importlib.abc.MetaPathFinder):
    """Hears of scores of scikit-learn, also where a script imports it later on.

    Args:
        hear: is given each call of a score that takes truth and prediction one way only.

    Example:
        >>> from sklearn.metrics import r2_score
        >>> heard = []
        >>> scoring = Scoring(heard.append)
        >>> round(r2_score([1.0, 2.0, 4.0], [1.0, 2.0, 3.0]), 3)
        0.786
        >>> scoring.close()
        >>> heard[0].name, heard[0].truth.tolist()
        ('r2_score', [1.0, 2.0, 4.0])
    """

    def __init__(self, hear: Callable[[ScoreCall], None]) -> None:
        self.hear = hear
        self.undo: Callable[[], None] | None = None
        if (module := sys.modules.get(WHERE)) is not None:
            self._listen(module)
        else:
            sys.meta_path.insert(0, self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Stand by while scikit-learn's module is loaded, as any other finder finds it."""
        if fullname != WHERE:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        run = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            run(module)
            self._listen(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec

    def close(self) -> None:
        """Hear no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        if self.undo is not None:
            self.undo()

    def _listen(self, module: ModuleType) -> None:
        original = getattr(module, NAME, None)
        if original is None:  # another release of scikit-learn
            return

        @functools.wraps(original)
        def checked(constraints: Any, params: Any, caller_name: str) -> Any:
            if caller_name in ONE_WAY:
                self._note(params, caller_name)
            return original(constraints, params, caller_name=caller_name)

        setattr(module, NAME, checked)
        self.undo = lambda: setattr(module, NAME, original)

    def _note(self, params: dict[str, Any], name: str) -> None:
        truth = params.get("y_true")
        said = params.get("y_pred", params.get("y_score"))
        try:
            one, other = np.array(truth), np.array(said)
        except (TypeError, ValueError, RuntimeError):  # which the score itself will tell
            return
        if one.dtype.kind in "biuf" and other.dtype.kind in "biuf" and 1 < len(one) <= MOST_ROWS:
            self.hear(ScoreCall(name, one, other, user_line(3)))
