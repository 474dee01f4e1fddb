"""A fitted FastText whose numbers are drawn, so that its file is always the same."""

import sys

import numpy as np

from netwright.data import Vocabulary
from netwright.embeddings import FastText, Subwords, WordVectors, write_fasttext
from netwright.embeddings.words.subword_kernel import compose_all

WORDS = ["the", "cat", "été", "חתול", "日本", "new york"]


def drawn_model():
    """Tables of three numbers a row."""
    rng = np.random.default_rng(7)
    model = FastText(width=3, subwords=Subwords(2, 4, 50), min_count=1, window=4, epochs=2)
    model.own_, model.ngrams_ = rng.random((6, 3), np.float32) - 0.5, rng.random((50, 3), np.float32) - 0.5
    model.contexts_ = rng.random((6, 3), np.float32)
    starts, buckets = model.subwords.buckets_of(WORDS)
    vectors = compose_all(model.own_, model.ngrams_, starts, buckets)
    model.vectors_ = WordVectors(Vocabulary(WORDS, [9, 8, 7, 6, 5, 4]), vectors)
    return model


if __name__ == "__main__":
    write_fasttext(drawn_model(), sys.argv[1])
