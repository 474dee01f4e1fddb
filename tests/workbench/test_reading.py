"""What a doctor says of a job's fit stands in its report, and a job that is well is left in peace."""

import numpy as np
import pandas as pd
import pytest

from netwright.tabular import MLPClassifier
from netwright.training import Training
from netwright.workbench import fit


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    found = pd.DataFrame(rng.normal(size=(900, 4)), columns=list("abcd"))
    found["y"] = np.where(found.a + found.b + 0.3 * rng.normal(size=900) > 0, "yes", "no")
    return found


@pytest.mark.parametrize(
    ("rate", "wanted"), [(1e-7, ["not better than constant"]), (0.01, [])], ids=["ill", "well"]
)
def test_a_fit_that_learns_too_little_is_told_and_one_that_learns_is_not(table, rate, wanted):
    training = Training(epochs=12, learning_rate=rate)
    job = fit(table, "y", model=MLPClassifier(training=training, random_state=0))
    told = [one.kind for one in job.content.findings if one.severity == "warning"]
    assert told == wanted
