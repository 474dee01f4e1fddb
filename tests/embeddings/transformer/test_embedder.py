import json
import pickle
import shutil

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator
from transformers import BertModel, BertTokenizerFast

from netwright.contracts import check_repeats
from netwright.core.errors import InputError, ModelError
from netwright.embeddings import TransformerEmbedder


def by_transformers(folder, texts, pooling, normalise, max_length=20):
    """One text at a time, pooled as the definition of sentence-transformers has it."""
    tokenizer = BertTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    network, vectors = BertModel.from_pretrained(folder).eval(), []
    for text in texts:
        given = tokenizer(text, truncation=True, max_length=max_length, return_tensors="pt")
        with torch.no_grad():
            states = network(**given).last_hidden_state[0]
        pooled = {"mean": states.mean(0), "cls": states[0], "max": states.max(0).values}[pooling]
        vectors.append(pooled / pooled.norm() if normalise else pooled)
    return torch.stack(vectors).numpy()


@pytest.mark.parametrize(
    ("pooling", "normalise"), [("mean", True), ("mean", False), ("cls", False), ("max", True)]
)
def test_vectors_are_the_pooled_states_of_transformers(write_tiny, tmp_path, sentences, pooling, normalise):
    write_tiny(tmp_path / "tiny", pooling, normalise)
    embedder = TransformerEmbedder(tmp_path / "tiny", tokens_per_batch=100).fit()
    assert (embedder.pooling_, embedder.normalise_, embedder.max_length_) == (pooling, normalise, 20)
    found = embedder.transform(sentences)
    assert found.dtype == np.float32
    expected = by_transformers(tmp_path / "tiny", sentences, pooling, normalise)
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=0)


def test_arguments_have_the_last_word_over_the_folder(tiny, sentences):
    found = TransformerEmbedder(tiny, pooling="max", normalise=False, max_length=6).fit().transform(sentences)
    expected = by_transformers(tiny, sentences, "max", normalise=False, max_length=6)
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("tokens_per_batch", [1, 64, 10_000])
def test_a_text_has_its_vector_whatever_stands_beside_it(tiny, sentences, tokens_per_batch):
    embedder = TransformerEmbedder(tiny, tokens_per_batch=tokens_per_batch).fit()
    together, mixed = embedder.transform(sentences), np.random.default_rng(0).permutation(len(sentences))
    alone = np.concatenate([embedder.transform([text]) for text in sentences])
    np.testing.assert_allclose(together, alone, atol=1e-5, rtol=0)
    shuffled = embedder.transform([sentences[row] for row in mixed])
    np.testing.assert_allclose(shuffled, together[mixed], atol=1e-5, rtol=0)


def test_it_keeps_scikit_learns_contract_and_gives_the_same_bits_twice(tiny, sentences):
    embedder = TransformerEmbedder(tiny)
    check_estimator(embedder)
    check_repeats(embedder, sentences)
    embedder.set_output(transform="pandas")
    assert list(embedder.fit().transform(["a cat"]).columns)[:2] == [
        "transformerembedder0",
        "transformerembedder1",
    ]


def test_a_pipeline_learns_from_its_vectors(tiny):
    texts = [f"{who} {what}" for who in ("the cat", "a big dog") for what in ("sat", "ran", "sat on the mat")]
    texts += [
        f"{who} {what}" for who in ("the car", "a red bus") for what in ("drives", "stops", "drives fast")
    ]
    labels = [0] * 6 + [1] * 6
    model = make_pipeline(TransformerEmbedder(tiny), LogisticRegression(C=100)).fit(texts, labels)
    assert model.score(texts, labels) == 1.0


def test_bfloat16_stays_near(tiny, sentences):
    full = TransformerEmbedder(tiny).fit().transform(sentences)
    half = TransformerEmbedder(tiny, precision="bfloat16").fit().transform(sentences)
    assert half.dtype == np.float32
    assert (full * half).sum(1).min() > 0.999
    assert not np.array_equal(full, half)


def test_similarity_is_the_table_of_cosines(tiny, sentences):
    embedder = TransformerEmbedder(tiny, normalise=False).fit()
    one, other = embedder.transform(sentences[:3]), embedder.transform(sentences[3:8])
    lengths = np.outer(np.linalg.norm(one, axis=1), np.linalg.norm(other, axis=1))
    found = embedder.similarity(sentences[:3], sentences[3:8])
    np.testing.assert_allclose(found, one @ other.T / lengths, atol=1e-6)


def test_a_saved_model_gives_the_same_bits_also_from_a_folder_around_it(tiny, sentences, tmp_path):
    embedder = TransformerEmbedder(tiny, pooling="max", max_length=9).fit()
    embedder.save(tmp_path / "package" / "inner" / "model")
    again = TransformerEmbedder(tmp_path / "package").fit()
    assert np.array_equal(again.transform(sentences), embedder.transform(sentences))
    loaded = pickle.loads(pickle.dumps(again))
    assert np.array_equal(loaded.transform(sentences), embedder.transform(sentences))
    expected = by_transformers(
        tmp_path / "package/inner/model", sentences, "max", normalise=True, max_length=9
    )
    np.testing.assert_allclose(again.transform(sentences), expected, atol=1e-5, rtol=0)


def spoil(folder, name, change):
    file = folder / name
    settings = json.loads(file.read_text())
    change(settings)
    file.write_text(json.dumps(settings))


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        ("config.json", lambda c: c.update(model_type="roberta"), "model_type of the model must be 'bert'"),
        ("config.json", lambda c: c.update(hidden_act="relu"), "hidden_act of the model must be 'gelu'"),
        ("config.json", lambda c: c.update(vocab_size=9), "must be whole"),
        ("config.json", lambda c: c.update(hidden_size=10**9), "must be whole"),
        ("config.json", lambda c: c.pop("hidden_size"), "must name 'hidden_size'"),
        (
            "1_Pooling/config.json",
            lambda c: c.update(pooling_mode_cls_token=True),
            "one of mean, cls and max",
        ),
        ("modules.json", lambda m: m.append({"path": "3", "type": "a.Dense"}), "got Dense"),
    ],
)
def test_a_folder_of_another_kind_is_refused_with_a_sentence(tiny, name, change, why):
    spoil(tiny, name, change)
    with pytest.raises(ModelError, match=why):
        TransformerEmbedder(tiny).fit()


def test_folders_without_a_model_or_with_two_or_with_pickles_are_refused(tiny, tmp_path):
    with pytest.raises(ModelError, match="nothing is downloaded"):
        TransformerEmbedder("sentence-transformers/all-MiniLM-L6-v2").fit()
    shutil.copytree(tiny, tmp_path / "other")
    with pytest.raises(ModelError, match="got 2 in"):
        TransformerEmbedder(tmp_path).fit()
    (tiny / "model.safetensors").rename(tiny / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"only .*pytorch_model\.bin; .* could run code"):
        TransformerEmbedder(tiny).fit()
    (tiny / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(ModelError, match="weights must be safetensors"):
        TransformerEmbedder(tiny).fit()


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"pooling": "sum"}, "pooling must be"),
        ({"precision": "int8"}, "precision must be"),
        ({"max_length": 41}, "max_length must be from 3 to 40"),
        ({"tokens_per_batch": 0}, "tokens_per_batch must be"),
    ],
)
def test_bad_settings_are_named(tiny, settings, why):
    with pytest.raises(InputError, match=why):
        TransformerEmbedder(tiny, **settings).fit()


@pytest.mark.parametrize(
    ("texts", "why"), [("a cat", "several texts"), (["a", 3], "3 in row 1"), ([], "none")]
)
def test_what_are_no_texts_is_named(tiny, texts, why):
    with pytest.raises(InputError, match=why):
        TransformerEmbedder(tiny).fit().transform(texts)
