"""A tiny random BERT in the folder format of sentence-transformers, written by transformers and by hand."""

import json

import pytest
import torch
from transformers import BertConfig, BertModel

from netwright.data import WordPiece

WORDS = [
    "the",
    "a",
    "cat",
    "dog",
    "sat",
    "ran",
    "on",
    "under",
    "mat",
    "rug",
    "red",
    "blue",
    "big",
    "small",
    "happy",
    "sad",
    "car",
    "bus",
    "drives",
    "stops",
    "fast",
]


def write(folder, pooling="mean", normalise=True, max_length=20, seed=0):
    pieces = WordPiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *"bcdefghij", "##s", "##ed"])
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=40,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = BertModel(config).eval()
        for parameter in network.parameters():
            parameter.data.add_(0.1 * torch.randn_like(parameter))
    network.save_pretrained(folder)
    pieces.save(folder)
    kinds = {"": "Transformer", "1_Pooling": "Pooling", "2_Normalize": "Normalize"}
    modules = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (path, kind) in enumerate(kinds.items())
    ]
    (folder / "modules.json").write_text(json.dumps(modules[: 3 if normalise else 2]))
    (folder / "1_Pooling").mkdir()
    modes = {
        f"pooling_mode_{mode}_token{'' if mode == 'cls' else 's'}": mode == pooling
        for mode in ("cls", "mean", "max")
    }
    settings = {"word_embedding_dimension": 32, **modes, "pooling_mode_mean_sqrt_len_tokens": False}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(settings))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": max_length}))
    return network


@pytest.fixture
def write_tiny():
    return write


@pytest.fixture
def tiny(tmp_path):
    write(tmp_path / "tiny")
    return tmp_path / "tiny"


@pytest.fixture
def sentences():
    draw = torch.Generator().manual_seed(0)
    lengths = torch.randint(0, 30, (40,), generator=draw).tolist()
    return [" ".join(WORDS[i] for i in torch.randint(0, len(WORDS), (n,), generator=draw)) for n in lengths]
