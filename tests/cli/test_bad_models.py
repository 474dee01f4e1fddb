"""A job's folder that is not as it was saved is refused by one line, and no code from it ever runs."""

import functools
import hashlib
import io
import json
import os
import pickle
import shutil

import numpy as np
import pytest
import skops.io
import torch
from safetensors.torch import load_file, save_file
from sklearn.base import BaseEstimator

from netwright.core.errors import ModelError
from netwright.workbench import info, predict

DOCUMENT, TENSORS = "estimator.json", "tensors.safetensors"


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (str(self.path),))


class Foreign(BaseEstimator):
    """An estimator that nobody has trusted."""


@pytest.fixture
def bomb(tmp_path):
    """The folder that a bomb would make; it must not be there in the end."""
    path = tmp_path / "exploded"
    yield path
    assert not path.exists()


@pytest.fixture
def forged(job):
    """Changes the document of the saved model, and every fingerprint with it, as a forger would."""

    def forge(change, files=None):
        head = json.loads((job / "model" / DOCUMENT).read_text())
        change(head["document"]["estimator"])
        for name, data in (files or {}).items():
            (job / "model" / name).write_bytes(data)
        for name in {TENSORS, *(files or {})}:
            head["files"][name] = fingerprint((job / "model" / name).read_bytes())
        head["document_fingerprint"] = fingerprint(
            json.dumps(head["document"], separators=(",", ":")).encode()
        )
        (job / "model" / DOCUMENT).write_text(json.dumps(head))
        return job

    return forge


def fingerprint(data):
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


@pytest.fixture
def all_refuse(fitted, refused):
    """Predict, evaluate and info refuse the job with the same words."""

    def check(job, message):
        for words in (("info", job), ("predict", job, fitted / "t.csv"), ("evaluate", job, fitted / "t.csv")):
            assert message in refused(*words)

    return check


def test_what_the_forger_leaves_alone_is_still_read(forged, fitted, run):
    ended = run("predict", forged(lambda estimator: None), fitted / "t.csv")
    assert ended.code == 0
    assert ended.out == run("predict", fitted / "job", fitted / "t.csv").out


@pytest.mark.parametrize("name", ["job.json", f"model/{DOCUMENT}", f"model/{TENSORS}"])
def test_a_file_truncated_at_any_byte_is_refused(name, job):
    whole = (job / name).read_bytes()
    lengths = range(len(whole)) if len(whole) < 2000 else np.linspace(0, len(whole) - 1, 400).astype(int)
    for length in lengths:
        (job / name).write_bytes(whole[:length])
        with pytest.raises(ModelError) as refusal:
            info(job)
        assert len(str(refusal.value).splitlines()) == 1
    (job / name).write_bytes(whole)
    info(job)


@pytest.mark.parametrize("name", ["job.json", f"model/{DOCUMENT}", f"model/{TENSORS}"])
def test_a_file_cut_emptied_lost_or_overwritten_is_told_in_one_line(name, job, all_refuse):
    path = job / name
    whole = path.read_bytes()
    for data in (b"", whole[:-1], whole[: len(whole) // 2], bytes(len(whole)), b"[" * 100_000, b"{}"):
        path.write_bytes(data)
        all_refuse(job, "must be as it was saved")
    path.unlink()
    all_refuse(job, str(job))


def test_a_document_changed_by_hand_is_refused(job, all_refuse):
    path = job / "model" / DOCUMENT
    path.write_text(path.read_text().replace("0.1", "0.2", 1))
    all_refuse(job, "changed since it was saved; copy or save it again")


@pytest.mark.parametrize("change", [lambda t: t[:, :-1], lambda t: t.mT, lambda t: t[None]])
def test_a_tensor_of_another_shape_is_refused(change, job, forged, all_refuse):
    tensors = load_file(job / "model" / TENSORS)
    name = next(n for n, t in tensors.items() if n.startswith("network_") and len(set(t.shape)) == 2)
    tensors[name] = change(tensors[name]).contiguous()
    save_file(tensors, job / "model" / TENSORS)
    all_refuse(forged(lambda estimator: None), "the saved weights must fit the saved network")


def test_a_tensor_of_another_type_or_lacking_is_refused(job, forged, all_refuse):
    tensors = load_file(job / "model" / TENSORS)
    name = next(n for n in tensors if n.startswith("network_") and n.endswith("weight"))
    for changed in (
        {**tensors, name: tensors[name].to(torch.int8)},
        {**tensors, "network_.more": torch.ones(1)},
    ):
        save_file(changed, job / "model" / TENSORS)
        all_refuse(forged(lambda estimator: None), "the saved weights must fit the saved network")
    del tensors[name]
    save_file(tensors, job / "model" / TENSORS)
    all_refuse(forged(lambda estimator: None), "the saved weights must fit the saved network")


def test_a_pickle_is_refused_unopened_wherever_it_lies(job, forged, all_refuse, bomb):
    data = pickle.dumps(Bomb(bomb))
    (job / "model" / "extra.pkl").write_bytes(data)
    all_refuse(job, "the unknown file 'extra.pkl'")
    (job / "model" / "extra.pkl").unlink()
    whole = (job / "model" / TENSORS).read_bytes()
    (job / "model" / TENSORS).write_bytes(data)
    all_refuse(job, "cut or changed since it was saved")
    all_refuse(forged(lambda estimator: None), "that is no safetensors file")
    (job / "model" / TENSORS).write_bytes(whole)
    part = forged(lambda e: e["fitted"].update(extra_={"$skops": "e.skops"}), {"e.skops": data})
    all_refuse(part, "a skops file must be whole, got e.skops that cannot be read; save again")


def test_a_torch_checkpoint_in_the_place_of_the_tensors_is_refused_unopened(job, forged, all_refuse, bomb):
    stream = io.BytesIO()
    torch.save({"weight": Bomb(bomb)}, stream)
    (job / "model" / TENSORS).write_bytes(stream.getvalue())
    all_refuse(forged(lambda estimator: None), "that is no safetensors file")


@pytest.mark.parametrize("foreign", [Foreign(), functools.partial(os.mkdir, "exploded")])
def test_a_skops_file_with_untrusted_types_is_refused_unopened(foreign, forged, all_refuse):
    data = skops.io.dumps(foreign)
    job = forged(lambda e: e["fitted"].update(extra_={"$skops": "e.skops"}), {"e.skops": data})
    all_refuse(job, "a saved model may only hold trusted types, got")


def test_a_newer_format_is_refused_with_the_remedy(job, all_refuse):
    path = job / "model" / DOCUMENT
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 2}))
    all_refuse(job, "must have format version 1 or older, got version 2 in")


def test_links_that_lead_elsewhere_are_refused(job, tmp_path, all_refuse):
    for name in (TENSORS, DOCUMENT):
        (tmp_path / name).write_bytes((job / "model" / name).read_bytes())
        (job / "model" / name).unlink()
        (job / "model" / name).symlink_to(tmp_path / name)
        all_refuse(job, "must be")
        (job / "model" / name).unlink()
        shutil.copy(tmp_path / name, job / "model" / name)
    (job / "model" / "more").symlink_to("/etc/passwd")
    all_refuse(job, "the unknown file 'more'")


def test_a_job_folder_that_is_none_is_refused(fitted, tmp_path, all_refuse):
    for folder in (tmp_path / "nowhere", fitted / "t.csv", fitted / "job" / "model"):
        all_refuse(folder, "the job must be a folder written by `netwright fit`, got")


@pytest.mark.parametrize(
    "text",
    ["[]", "null", "3", '"x"', '{"netwright": 1}', "{" * 100_000, '{"netwright": ' + "9" * 5000 + "}", "NaN"],
)
def test_a_strange_note_is_refused(text, job, all_refuse):
    (job / "job.json").write_text(text)
    all_refuse(job, "job.json must be as it was saved")


@pytest.mark.parametrize(
    ("change", "value"),
    [("task", "clustering"), ("n_rows", "many"), ("columns", "all"), ("target", None), ("code", "import os")],
)
def test_a_note_with_a_strange_value_is_refused(change, value, job, all_refuse):
    note = json.loads((job / "job.json").read_text())
    (job / "job.json").write_text(json.dumps(note | {change: value}))
    all_refuse(job, "job.json must be as it was saved")


def test_a_note_of_another_netwright_names_it(job, all_refuse):
    note = json.loads((job / "job.json").read_text())
    (job / "job.json").write_text(json.dumps(note | {"netwright": "99.0", "mood": "good"}))
    all_refuse(job, "of netwright '99.0'; use that version, or fit again")


@pytest.mark.parametrize("columns", [[], ["number"], ["day", "word", "key", "flag", "number", "y"]])
def test_a_note_that_does_not_fit_the_model_is_refused(columns, job, fitted, refused):
    note = json.loads((job / "job.json").read_text())
    (job / "job.json").write_text(json.dumps(note | {"columns": columns, "target": "number"}))
    refused("predict", job, fitted / "t.csv")


def test_python_says_the_same_as_the_command_line(job, table):
    (job / "model" / TENSORS).write_bytes(b"")
    with pytest.raises(ModelError, match="cut or changed"):
        predict(job, table)
