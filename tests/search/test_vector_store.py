import json

import numpy as np
import pytest
import safetensors.numpy

from netwright.core.errors import InputError
from netwright.search import IndexFolderError, VectorStore

WORDS = [
    "mountain", "river", "university", "electricity", "beautiful", "government", "restaurant", "tomorrow",
    "knowledge", "temperature", "independent", "environment", "chocolate", "butterfly", "calendar",
    "dictionary", "language", "medicine", "photograph", "umbrella",
]  # fmt: skip
TYPOS = {
    "mountian": "mountain", "rivver": "river", "univeristy": "university", "electricty": "electricity",
    "beautifull": "beautiful", "goverment": "government", "restaraunt": "restaurant", "tommorow": "tomorrow",
    "knowlege": "knowledge", "tempurature": "temperature", "independant": "independent",
    "enviroment": "environment", "chocolatte": "chocolate", "Calendar": "calendar",
}  # fmt: skip


@pytest.fixture
def vectors():
    return np.random.default_rng(0).normal(size=(len(WORDS), 50)).astype(np.float32)


@pytest.fixture
def store(vectors, tmp_path):
    VectorStore(WORDS, vectors).save(tmp_path / "store")
    return VectorStore.load(tmp_path / "store")


def test_vectors_stay_on_the_disk_and_equal_the_file(store, vectors):
    assert isinstance(store.vectors_on_disk, np.memmap)
    np.testing.assert_array_equal(store.query(WORDS), vectors)
    np.testing.assert_array_equal(store["river"], vectors[1])
    assert (len(store), store.width, "river" in store, "rivver" in store) == (20, 50, True, False)


@pytest.mark.parametrize("typo", TYPOS)
def test_a_typo_is_nearest_its_word(store, typo):
    assert store.most_similar(typo, n=1)[0][0] == TYPOS[typo]


def test_a_word_that_is_not_held_has_the_same_vector_each_time_and_another_than_others(store, vectors):
    again = VectorStore(WORDS, vectors)
    np.testing.assert_array_equal(store["mountian"], again["mountian"])
    assert np.linalg.norm(store["mountian"]) == pytest.approx(1)
    assert not np.allclose(store["mountian"], store["mountains"])
    assert not np.allclose(store["mountian"], store["mountain"])


def test_words_that_share_nothing_are_random_by_their_n_grams(store):
    ours, others = store["qqxxzz"], store["qqxxzzy"]
    assert np.abs(store.query(WORDS) @ ours).max() < 6
    assert ours @ others > 0.5  # most n-grams are the same


def test_a_store_of_safetensors_is_mapped_as_it_is(vectors, tmp_path):
    safetensors.numpy.save_file(
        {"a": np.zeros(3, np.float32), "vectors": vectors}, tmp_path / "vectors.safetensors"
    )
    (tmp_path / "words.json").write_text(json.dumps(WORDS))
    store = VectorStore.load(tmp_path)
    assert isinstance(store.vectors_on_disk, np.memmap)
    np.testing.assert_array_equal(store.query(WORDS), vectors)


def test_what_is_no_store_is_refused(vectors, tmp_path):
    with pytest.raises(IndexFolderError, match="VectorStore"):
        VectorStore.load(tmp_path)
    with pytest.raises(InputError, match="'river' twice"):
        VectorStore(["river", "river"], vectors[:2])
    with pytest.raises(InputError, match="a row for each word"):
        VectorStore(["river"], vectors)
    with pytest.raises(InputError, match="empty word"):
        VectorStore(WORDS, vectors).query(["river", ""])
