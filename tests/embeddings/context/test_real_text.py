"""Language models on the newspaper text that gensim ships: they know more than the counts do."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from gensim.test.utils import datapath

from netwright.embeddings import ELMoEmbedder, FlairEmbedder
from netwright.training import Training


@pytest.fixture(scope="module")
def texts():
    lines = Path(datapath("lee_background.cor")).read_text(encoding="utf-8").splitlines()[:20]
    return [sentence for line in lines for sentence in line.split(". ")]


def entropy(things):
    """Of what is drawn by its frequency alone, in nats."""
    share = np.array(list(Counter(things).values())) / len(things)
    return float(-(share * np.log(share)).sum())


def test_both_character_models_guess_better_than_by_the_frequency_of_characters(texts):
    training = Training(epochs=3, batch_size=16, learning_rate=1e-2)
    model = FlairEmbedder(hidden=32, character_width=16, training=training, random_state=0).fit(texts)
    by_counts = entropy("".join(texts))
    assert model.record_.values("loss")[-1] < 0.95 * by_counts
    assert model.backward_record_.values("loss")[-1] < 0.95 * by_counts


def test_the_word_model_guesses_held_back_text_better_than_it_did_at_first(texts):
    training = Training(epochs=3, batch_size=8, learning_rate=5e-3, validation=0.2)
    model = ELMoEmbedder(width=16, min_count=3, training=training, random_state=0).fit(texts)
    held_back = model.record_.values("validation_loss")
    assert min(held_back) < held_back[0]
    one, other = model.transform_tokens([["the", "government", "says"], ["the", "fire", "says"]])
    assert np.abs(one[2] - other[2]).max() > 0.005
