import hashlib
import json
import pickle

import pytest
import torch

from netwright.core.errors import ModelError
from netwright.core.saving import DOCUMENT, TENSORS, Archive, read_archive, write_archive


@pytest.fixture
def folder(tmp_path):
    archive = Archive(
        {"kind": "toy", "values": [1, 2.5, None, "x"]}, {"w": torch.arange(6.0).view(2, 3)}, {"b": b"bytes"}
    )
    write_archive(archive, tmp_path / "model")
    return tmp_path / "model"


def test_what_is_read_is_what_was_written(folder):
    archive = read_archive(folder)
    assert archive.document == {"kind": "toy", "values": [1, 2.5, None, "x"]}
    assert torch.equal(archive.tensors["w"], torch.arange(6.0).view(2, 3))
    assert archive.files == {"b": b"bytes"}


@pytest.mark.parametrize("name", [DOCUMENT, TENSORS, "b"])
def test_a_file_cut_at_any_byte_is_refused(folder, name):
    whole = (folder / name).read_bytes()
    for length in range(len(whole)):
        (folder / name).write_bytes(whole[:length])
        with pytest.raises(ModelError, match="as it was saved"):
            read_archive(folder)
    (folder / name).write_bytes(whole)
    read_archive(folder)


@pytest.mark.parametrize("name", [TENSORS, "b"])
def test_a_changed_byte_is_refused(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[-1] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(ModelError, match="cut or changed"):
        read_archive(folder)


def test_a_pickle_is_refused_unopened(folder):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was opened",))

    (folder / "extra.pkl").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ModelError, match=r"extra\.pkl"):
        read_archive(folder)
    (folder / "extra.pkl").rename(folder / TENSORS)
    with pytest.raises(ModelError, match="cut or changed"):
        read_archive(folder)


def test_a_pickle_with_a_matching_fingerprint_is_refused_unopened(folder):
    bomb = pickle.dumps(print)
    head = json.loads((folder / DOCUMENT).read_text())
    head["files"][TENSORS] = {"bytes": len(bomb), "sha256": hashlib.sha256(bomb).hexdigest()}
    (folder / TENSORS).write_bytes(bomb)
    (folder / DOCUMENT).write_text(json.dumps(head))
    with pytest.raises(ModelError, match="no safetensors file"):
        read_archive(folder)


def test_a_newer_format_is_named_with_the_remedy(folder):
    head = json.loads((folder / DOCUMENT).read_text()) | {"version": 99}
    (folder / DOCUMENT).write_text(json.dumps(head))
    with pytest.raises(ModelError, match=r"version 99.*pip install -U netwright"):
        read_archive(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"format": "netwright"}', "[" * 100_000])
def test_a_strange_document_is_refused(folder, text):
    (folder / DOCUMENT).write_text(text)
    with pytest.raises(ModelError, match="as it was saved"):
        read_archive(folder)


def test_a_name_that_leads_out_of_the_folder_is_refused(folder):
    head = json.loads((folder / DOCUMENT).read_text())
    head["files"]["../secret"] = {"bytes": 0, "sha256": ""}
    (folder / DOCUMENT).write_text(json.dumps(head))
    with pytest.raises(ModelError, match="leads out"):
        read_archive(folder)
