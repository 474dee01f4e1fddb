"""One small table with every kind of column, and its targets of every kind."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="session")
def mixed():
    rng, n = np.random.default_rng(0), 130
    return pd.DataFrame(
        {
            "number": rng.normal(size=n),
            "gaps": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
            "whole": rng.integers(0, 50, n),
            "word": rng.choice(list("abc"), n),
            "flag": rng.random(n) < 0.5,
            "date": pd.to_datetime("2020-01-01") + pd.to_timedelta(rng.integers(0, 500, n), "D"),
            "category": pd.Categorical(rng.choice(["u", "v"], n)),
        },
        index=np.arange(1000, 1000 + n),
    )


@pytest.fixture(scope="session")
def targets(mixed):
    high = mixed["number"].to_numpy() > 0
    three = np.digitize(mixed["number"], [-0.5, 0.5])
    several = np.stack([high, mixed["word"] == "a", mixed["flag"]], axis=1).astype(int)
    shares = np.exp(np.stack([mixed["number"], -mixed["number"], mixed["flag"]], axis=1))
    return {
        "words": np.where(high, "yes", "no"),
        "numbers": 10 * three,
        "booleans": high,
        "categories": pd.Series(pd.Categorical.from_codes(three, ["low", "mid", "up"]), index=mixed.index),
        "several labels": pd.DataFrame(several, columns=["high", "a", "flag"]),
        "probabilities": shares / shares.sum(1, keepdims=True),
        "probabilities of each label": np.clip(several + 0.1, 0, 0.9),
        "number": mixed["number"].to_numpy() ** 2,
        "several numbers": mixed[["number", "whole"]],
    }
