"""A training of word vectors that was killed goes on at its last epoch, and ends with the same bytes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from planted import two_topics
from sklearn.base import clone

from netwright.core.errors import CheckpointWarning, InputError, ModelError
from netwright.embeddings import (
    CBOW,
    Doc2Vec,
    FastSent,
    FastText,
    GloVe,
    HierarchicalSoftmax,
    KernelPCASkipGram,
    NegativeSampling,
    Sent2Vec,
    SkipGram,
    Subwords,
)
from netwright.text import FastTextClassifier
from netwright.training import EpochCheckpoint
from netwright.training.hogwild import run_epochs

TEXTS = two_topics(200)
LABELS = ["pet", "metal"] * 100
SHARED = {"width": 8, "min_count": 1, "epochs": 4, "random_state": 0}
MODELS = {
    "skip-gram": SkipGram(**SHARED),
    "skip-gram by a tree": SkipGram(**SHARED, output=HierarchicalSoftmax()),
    "CBOW": CBOW(**SHARED),
    "fastText": FastText(**SHARED, subwords=Subwords(3, 4, 50)),
    "PV-DM": Doc2Vec(**SHARED),
    "PV-DBOW": Doc2Vec(**SHARED, with_words=False),
    "GloVe": GloVe(**SHARED),
    "FastSent": FastSent(**SHARED),
    "Sent2Vec": Sent2Vec(**SHARED, buckets=50),
    "KPCA": KernelPCASkipGram(**SHARED),
    "classifier": FastTextClassifier(**SHARED, buckets=50, word_ngrams=2),
}


class KilledError(Exception):
    """What stands for a crash."""


def fails_after(epoch):
    def fail(report):
        if report.epoch == epoch:
            raise KilledError

    return fail


def learned(model):
    """All tables of a fitted model, as bytes."""
    tables = {name: value for name, value in vars(model).items() if name.endswith("_")}
    tables["vectors_"] = getattr(tables["vectors_"], "vectors", tables["vectors_"])
    return {name: value.tobytes() for name, value in tables.items() if isinstance(value, np.ndarray)}


def told(model):
    return [(report.epoch, report.loss) for report in model.history_]


@pytest.mark.parametrize("name", MODELS)
def test_a_training_that_broke_off_ends_with_the_same_bytes(name, tmp_path):
    model = MODELS[name]
    whole = clone(model).set_params(callback=lambda _: None).fit(TEXTS, LABELS)
    broken = clone(model).set_params(callback=EpochCheckpoint(tmp_path, fails_after(2)))
    with pytest.raises(KilledError):
        broken.fit(TEXTS, LABELS)
    seen = []
    again = clone(model).set_params(callback=EpochCheckpoint(tmp_path, seen.append))
    again.fit(TEXTS, LABELS)
    assert [report.epoch for report in seen] == [3, 4]
    assert learned(again) == learned(whole)
    assert told(again) == told(whole)


def test_a_process_that_was_killed_leaves_a_whole_state(tmp_path):
    program = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from planted import two_topics
from netwright.embeddings import SkipGram
from netwright.training import EpochCheckpoint
def end(report):
    if report.epoch == 3:
        os.kill(os.getpid(), signal.SIGKILL)
kept = EpochCheckpoint({str(tmp_path)!r}, end)
SkipGram(width=8, min_count=1, epochs=4, random_state=0, callback=kept).fit(two_topics(200))
"""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL
    leftover = tmp_path / f".{EpochCheckpoint(tmp_path).path.name}.ab12cd34.part"
    leftover.mkdir()  # as a kill in the midst of writing leaves it
    epochs = []
    kept = EpochCheckpoint(tmp_path, lambda report: epochs.append(report.epoch))
    again = SkipGram(**SHARED, callback=kept).fit(TEXTS)
    assert epochs == [4]
    assert learned(again) == learned(SkipGram(**SHARED, callback=lambda _: None).fit(TEXTS))
    assert [file.name for file in tmp_path.iterdir()] == ["last.safetensors"]


def test_a_training_that_is_finished_or_was_stopped_is_not_repeated(tmp_path):
    def stop(report):
        return report.epoch == 2

    first = SkipGram(**SHARED, callback=EpochCheckpoint(tmp_path, stop)).fit(TEXTS)
    again = SkipGram(**SHARED, callback=EpochCheckpoint(tmp_path, fails_after(3))).fit(TEXTS)
    assert learned(again) == learned(first)
    assert again.history_ == first.history_
    assert len(again.history_) == 2


@pytest.mark.parametrize(
    ("changed", "texts", "what"),
    [
        ({"epochs": 5}, TEXTS, "epochs"),
        ({"width": 9}, TEXTS, "width"),
        ({"output": NegativeSampling(6)}, TEXTS, "output"),
        ({"random_state": 1}, TEXTS, "seed"),
        ({"n_threads": 2}, TEXTS, "threads"),
        ({}, TEXTS[:-1], "corpus"),
        ({}, [["dog" if one == "cat" else one for one in text] for text in TEXTS], "corpus"),
    ],
)
def test_another_call_is_refused_by_name(changed, texts, what, tmp_path):
    SkipGram(**SHARED, callback=EpochCheckpoint(tmp_path)).fit(TEXTS)
    kept = (tmp_path / "last.safetensors").read_bytes()
    with pytest.raises(ModelError, match=f"another {what}"):
        SkipGram(**{**SHARED, **changed}, callback=EpochCheckpoint(tmp_path)).fit(texts)
    with pytest.raises(ModelError, match="another estimator"):
        CBOW(**SHARED, callback=EpochCheckpoint(tmp_path)).fit(TEXTS)
    assert (tmp_path / "last.safetensors").read_bytes() == kept


def test_words_that_change_places_are_another_corpus(tmp_path):
    texts = [["a", "b", "c"]] * 20
    SkipGram(**SHARED, callback=EpochCheckpoint(tmp_path)).fit(texts)
    with pytest.raises(ModelError, match="another corpus"):
        SkipGram(**SHARED, callback=EpochCheckpoint(tmp_path)).fit([["x", "b", "c"]] * 20)


def test_without_a_random_state_the_seed_is_read_too(tmp_path):
    free = {**SHARED, "random_state": None, "n_threads": 1}
    with pytest.raises(KilledError):
        SkipGram(**free, callback=EpochCheckpoint(tmp_path, fails_after(1))).fit(TEXTS)
    seed = EpochCheckpoint(tmp_path).read()["about"]["seed"]
    again = SkipGram(**free, callback=EpochCheckpoint(tmp_path)).fit(TEXTS)
    assert EpochCheckpoint(tmp_path).read()["about"]["seed"] == seed
    assert len(again.history_) == 4


def test_a_damaged_state_is_refused(tmp_path):
    SkipGram(**SHARED, callback=EpochCheckpoint(tmp_path)).fit(TEXTS)
    file = tmp_path / "last.safetensors"
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(ModelError, match="cut or changed"):
        SkipGram(**SHARED, callback=EpochCheckpoint(tmp_path)).fit(TEXTS)


def test_a_state_that_cannot_be_written_is_told_and_the_training_goes_on(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("netwright.core.state.write_state", full)
    with pytest.warns(CheckpointWarning, match="No space left"):
        model = SkipGram(**SHARED, callback=EpochCheckpoint(tmp_path)).fit(TEXTS)
    assert len(model.history_) == 4


def test_new_documents_leave_the_state_alone(tmp_path):
    model = Doc2Vec(**SHARED, callback=EpochCheckpoint(tmp_path)).fit(TEXTS)
    kept = (tmp_path / "last.safetensors").read_bytes()
    model.transform(TEXTS[:3])
    assert (tmp_path / "last.safetensors").read_bytes() == kept


def test_a_loop_that_has_nothing_to_keep_says_so(tmp_path):
    with pytest.raises(InputError, match="does not serve this one"):
        run_epochs(
            lambda *_: (0.0, 1), [0, 1], n_words=1, epochs=range(1), n_threads=1, seed=0,
            callback=EpochCheckpoint(tmp_path),
        )  # fmt: skip
