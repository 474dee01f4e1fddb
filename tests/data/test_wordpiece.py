import pickle

import numpy as np
import pytest
from transformers import BertConfig, BertModel, BertTokenizer

from netwright.core.errors import InputError, ModelError
from netwright.data import WordPiece

TEXTS = [
    "The quick brown fox jumps over the lazy dog, unbelievably!",
    "Café déjà-vu: ÀÉÎ 東京 tokyo 123 4.5",
    "",
    "  spaces\tand\nlines  ",
    "a[MASK]b [SEP] unknownlongword ☃",
    "playing players played, re-played; PLAY",
]


@pytest.fixture(scope="module")
def trained():
    return WordPiece.train(TEXTS * 20, size=120)


def by_hand(word, vocabulary):
    """Greedy longest match first, as the paper's inference has it."""
    found, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                break
        else:
            return ["[UNK]"]
        found.append(piece)
        start = end
    return found


def test_tokens_are_those_of_transformers_on_the_same_vocabulary(trained, tmp_path):
    trained.save(tmp_path)
    theirs = BertTokenizer.from_pretrained(tmp_path, do_lower_case=True)
    for ours in (
        trained,
        WordPiece.load(tmp_path / "tokenizer.json"),
        WordPiece.load(tmp_path / "vocab.txt"),
    ):
        assert ours.ids(TEXTS) == [theirs(text)["input_ids"] for text in TEXTS]
        assert ours.ids(TEXTS, 7) == [
            theirs(text, truncation=True, max_length=7)["input_ids"] for text in TEXTS
        ]
        assert ours.words == trained.words


def test_a_word_is_cut_into_the_longest_pieces_from_its_left(trained):
    known = set(trained.words)
    for word in ("unbelievably", "players", "replayed", "foxdog", "zzz"):
        assert trained.tokens(word) == by_hand(word, known)


def test_training_gives_the_same_pieces_twice_and_as_many_as_asked(trained):
    assert WordPiece.train(TEXTS * 20, size=120).words == trained.words
    assert len(trained) <= 120
    assert trained.words[:5] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert trained.padding == 0


def test_new_words_stand_behind_the_old_ones_which_keep_their_numbers(trained):
    longer = trained.extended(["foxtrot", "Unknownlongword"])
    assert longer.words == [*trained.words, "foxtrot", "unknownlongword"]
    assert longer.tokens("a foxtrot") == [*trained.tokens("a"), "foxtrot"]
    unchanged = [TEXTS[0], TEXTS[1], TEXTS[5]]
    assert longer.ids(unchanged) == trained.ids(unchanged)
    for bad, why in (("fox", "in the vocabulary yet"), ("new york", "one word each")):
        with pytest.raises(InputError, match=why):
            trained.extended([bad, "fox"] if bad == "fox" else [bad])


def test_a_pretrained_model_keeps_its_old_rows_bitwise_when_its_vocabulary_grows(trained, tmp_path):
    from netwright.embeddings import TransformerEmbedder

    config = BertConfig(
        vocab_size=len(trained),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
    )
    BertModel(config).save_pretrained(tmp_path)
    trained.save(tmp_path)
    embedder = TransformerEmbedder(tmp_path).fit()
    old = embedder.network_.embeddings.word_embeddings.weight.detach().clone()
    before = embedder.transform(TEXTS)
    pieces = trained.ids(["foxtrot"], special=False)[0]
    embedder.extend_vocabulary(["foxtrot"])
    new = embedder.network_.embeddings.word_embeddings.weight.detach()
    assert len(new) == len(old) + 1
    assert new[: len(old)].equal(old)
    assert new[-1].allclose(old[pieces].mean(0))
    assert np.array_equal(embedder.transform(TEXTS), before)
    embedder.save(tmp_path / "longer")
    again = TransformerEmbedder(tmp_path / "longer").fit()
    assert np.array_equal(again.transform(["a foxtrot"]), embedder.transform(["a foxtrot"]))


def test_it_is_pickled_and_read_from_lines_and_keeps_casing_as_asked(trained, tmp_path):
    assert pickle.loads(pickle.dumps(trained)).ids(TEXTS) == trained.ids(TEXTS)
    strange = WordPiece(["[UNK]", "[CLS]", "[SEP]", "\x85", "\u2028", "fox"])
    strange.save(tmp_path)
    assert WordPiece.load(tmp_path / "vocab.txt").words == strange.words
    cased = WordPiece(["[UNK]", "[CLS]", "[SEP]", "Fox", "fox"], lowercase=False)
    assert cased.tokens("Fox fox FOX") == ["Fox", "fox", "[UNK]"]


def test_what_cannot_be_used_is_named(trained, tmp_path):
    with pytest.raises(InputError, match="None in row 1"):
        trained.ids(["a", None])
    with pytest.raises(InputError, match=r"got 'a' twice"):
        WordPiece(["[UNK]", "[CLS]", "[SEP]", "a", "a"])
    with pytest.raises(InputError, match=r"got no \[SEP\]"):
        WordPiece(["[UNK]", "[CLS]"])
    with pytest.raises(ModelError, match="without them"):
        WordPiece.load(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="copy it again"):
        WordPiece.load(tmp_path)
