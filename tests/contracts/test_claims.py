"""Claims about random streams."""

import random
import sys
from random import random as drawn_directly

import numpy as np
import pytest
import torch

from netwright.contracts.claims import claim, untouched_streams


@pytest.mark.parametrize(
    ("draw", "stream"),
    [
        (random.random, "Python's random stream"),
        (np.random.rand, "numpy's global random stream"),
        (lambda: torch.rand(1), "torch's global random stream"),
    ],
    ids=["python", "numpy", "torch"],
)
def test_a_moved_stream_is_named_even_where_it_was_imported_by_name(draw, stream, monkeypatch):
    monkeypatch.setattr(sys, "meta_path", [])  # as where no import hook checks types
    with (
        pytest.raises(AssertionError, match=f"part moves {stream} in its work"),
        untouched_streams(part, "its work"),
    ):
        draw()


def test_a_type_check_that_draws_from_pythons_stream_is_no_fault():
    class JaxtypingFinder:
        pass

    JaxtypingFinder.__module__ = "jaxtyping._import_hook"
    sys.meta_path.append(JaxtypingFinder())
    try:
        with untouched_streams(part, "its work"):
            drawn_directly()
        with (
            pytest.raises(AssertionError, match="Python's random stream"),
            untouched_streams(part, "its work"),
        ):
            random.shuffle([1, 2, 3])
    finally:
        sys.meta_path.pop()


def test_streams_of_ones_own_are_free_and_the_module_is_given_back():
    before = random.shuffle
    with untouched_streams(part, "its work"):
        random.Random(0).random()
        np.random.default_rng(0).random()
        torch.rand(1, generator=torch.Generator())
    assert random.shuffle == before


def test_a_claim_names_functions_classes_and_objects():
    for thing, name in ((part, "part"), (np.ndarray, "ndarray"), (np.zeros(1), "ndarray")):
        with pytest.raises(AssertionError, match=f"^{name} is broken$"):
            claim(False, thing, "is broken")


def part():
    """Stands for a part under test."""
