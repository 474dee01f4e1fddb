import json
from pathlib import Path

import numpy as np
import pytest

from netwright.core.errors import InputError
from netwright.data import pad_sequences

KERAS = json.loads((Path(__file__).parent / "fixtures" / "keras_pad_sequences.json").read_text())


def test_it_equals_keras_for_every_choice():
    """The reference: 60 cases of sides, lengths, types and values."""
    assert len(KERAS["cases"]) == 60
    for case in KERAS["cases"]:
        out = pad_sequences(case["sequences"], case["length"], **case["options"])
        assert out.tolist() == case["out"], case["options"]
        assert str(out.dtype) == case["type"]


def test_words_are_padded_too():
    words = [["to", "be"], ["or"]]
    out = pad_sequences(words, dtype=object, value="<pad>", padding="post")
    assert out.tolist() == [["to", "be"], ["or", "<pad>"]]


def test_what_is_given_stays():
    sequence = np.arange(5)
    pad_sequences([sequence], 3)[0, 0] = 99
    assert sequence.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("sequences", "options", "told"),
    [
        ([1, 2], {}, "in place 0"),
        ([[1], ["a"]], {}, "sequence 1"),
        ([[[1, 2]], [[1, 2, 3]]], {}, "in sequence 1"),
        ([], {}, "at least one"),
        ([[1]], {"length": 0}, "length must be at least 1"),
        ([[1]], {"padding": "left"}, "padding must be 'pre' or 'post'"),
        ([[1]], {"truncating": "end"}, "truncating must be 'pre' or 'post'"),
    ],
)
def test_bad_input_is_told(sequences, options, told):
    with pytest.raises(InputError, match=told):
        pad_sequences(sequences, **options)
