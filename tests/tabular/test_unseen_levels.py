import numpy as np
import pandas as pd
import pytest

from netwright.tabular import MLPRegressor, TabMRegressor
from netwright.training import Training


@pytest.mark.parametrize("kind", [MLPRegressor, TabMRegressor])
def test_a_level_that_no_training_row_had_is_an_average_one(kind):
    """Its vector is zero, so that nothing is said about it that was only drawn."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"place": rng.choice(["a", "b"], 400), "size": rng.normal(size=400)})
    model = kind(training=Training(epochs=3), random_state=0).fit(X, X["size"])
    code = model.read(X.assign(place="new"))[0, -1]
    table = model.network_.categories
    assert not table(code.reshape(1, 1)).any()
    assert table(code.reshape(1, 1) * 0).any()
