"""Vectors on a plane, by t-SNE."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import TSNE

from netwright.core.errors import InputError
from netwright.explain import embedding_projection


def test_digits_lie_as_scikit_learn_lays_them_and_can_be_trusted():
    X, y = load_digits(return_X_y=True)
    X, y = X[:400], y[:400]
    found = embedding_projection(X, random_state=1)
    other = TSNE(2, init="pca", perplexity=30, random_state=2).fit(X)
    assert abs(found.divergence / other.kl_divergence_ - 1) < 0.05
    assert found.trustworthiness > 0.95
    drawn = ET.fromstring(found.to_svg(y))
    assert len(drawn) == 400
    assert len({dot.get("fill") for dot in drawn}) == 10
    assert {dot[0].text for dot in drawn} == set("0123456789")


def test_few_rows_lower_the_perplexity_and_too_few_are_refused():
    vectors = np.random.default_rng(0).normal(size=(13, 3))
    assert embedding_projection(vectors).points.shape == (13, 2)
    with pytest.raises(InputError, match="twelve rows or more"):
        embedding_projection(vectors[:11])
