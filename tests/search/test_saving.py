"""Indexes in folders: round trips, mapped files, damage, and death at every step."""

import json
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netwright.core.errors import InputError
from netwright.search import HNSW, Index, IndexFolderError

METADATA = {
    "word": ["a", None, "ü"],
    "number": [1.5, np.nan, 3.0],
    "whole": [1, 2, 3],
    "flag": [True, False, True],
    "day": pd.to_datetime(["2020-01-01", None, "2021-01-01"]),
}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "index"


@pytest.mark.parametrize("memory_map", [False, True])
def test_an_index_comes_back_as_it_was_and_goes_on(settings, built, few, folder, memory_map):
    index = built(settings)
    index.save(folder)
    again = Index.load(folder, memory_map=memory_map)
    assert (len(again), again.width, again.metric, again.structure, again.choices) == (
        len(index), index.width, index.metric, index.structure, index.choices,
    )  # fmt: skip
    for where in (None, {"shade": 3}, {"colour": "red"}):
        before, after = (each.search(few[:50] + 0.01, where=where) for each in (index, again))
        np.testing.assert_array_equal(before.ids, after.ids)
        np.testing.assert_array_equal(before.scores, after.scores)
    again.add(few[:5] * 1.01, metadata={"shade": [500] * 5}).delete([0, 1]).update([2], few[9:10])
    assert again.search(few[9], k=2).ids.tolist() in ([[2, 9]], [[9, 2]])
    assert not np.isin(again.search(few[:2], k=10).ids, [0, 1]).any()
    assert len(again) == len(few) + 3
    again.save(folder)
    assert len(Index.load(folder, memory_map=memory_map)) == len(few) + 3
    assert len(list(folder.glob("generation-*"))) == 1


def test_an_index_can_be_pickled(settings, built, few):
    index = built(settings)
    again = pickle.loads(pickle.dumps(index))
    np.testing.assert_array_equal(again.search(few[:20] + 0.01).ids, index.search(few[:20] + 0.01).ids)


@pytest.mark.parametrize("ids", [None, ["x", "y", "ö"]])
def test_ids_and_metadata_come_back(folder, ids):
    index = Index("l2").add(np.eye(3), ids=ids, metadata=METADATA).delete([0 if ids is None else "x"])
    index.save(folder)
    again = Index.load(folder)
    assert again.ids.tolist() == index.ids.tolist()
    for name in METADATA:
        np.testing.assert_array_equal(again.metadata[name].isna(), index.metadata[name].isna())
        assert again.metadata[name].dropna().tolist() == index.metadata[name].dropna().tolist()
    assert again.search(np.eye(3)[1], where={"day": (">", "2020-06-01")}, k=1).scores.shape == (1, 1)


def test_an_empty_index_can_be_saved_and_other_files_stay(folder):
    folder.mkdir()
    (folder / "texts.json").write_text("[]")
    Index("l1").save(folder)
    assert len(Index.load(folder)) == 0
    assert (folder / "texts.json").exists()


def test_vectors_of_a_mapped_index_stay_in_the_file(few, folder):
    for settings in (None, HNSW(links=8, build_effort=20, search_effort=32)):
        Index("l2", settings).add(few[:2_000]).save(folder)
        index = Index.load(folder, memory_map=True)
        assert len(index) == 2_000
        maps = Path("/proc/self/maps")
        assert not maps.exists() or str(folder) in maps.read_text()


def change_head(folder, **fields):
    """Writes other fields into the small file that says what counts."""
    head = json.loads((folder / "index.json").read_text()) | fields
    (folder / "index.json").write_text(json.dumps(head))


def change_bytes(file, change):
    """Rewrites a file by a function of its bytes."""
    file.write_bytes(change(file.read_bytes()))


DAMAGE = {
    "no head": lambda folder, part: (folder / "index.json").unlink(),
    "cut head": lambda folder, part: change_bytes(folder / "index.json", lambda data: data[:-20]),
    "foreign head": lambda folder, part: change_head(folder, format="else"),
    "newer": lambda folder, part: change_head(folder, version=99),
    "leads out": lambda folder, part: change_head(folder, generation="../../elsewhere"),
    "lacking": lambda folder, part: (part / "alive.npy").unlink(),
    "cut vectors": lambda folder, part: change_bytes(part / "vectors.npy", lambda data: data[:-4]),
    "changed vectors": lambda folder, part: change_bytes(
        part / "vectors.npy", lambda data: data[:-1] + bytes([data[-1] ^ 1])
    ),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_folder_is_refused_in_one_sentence(folder, how):
    Index("l2").add(np.eye(3)).save(folder)
    (part,) = folder.glob("generation-*")
    DAMAGE[how](folder, part)
    with pytest.raises(IndexFolderError, match="; "):
        Index.load(folder)


def test_a_folder_of_somebody_elses_is_not_written_to(folder, tmp_path):
    folder.mkdir()
    (folder / "index.json").write_text('{"mine": 1}')
    with pytest.raises(InputError):
        Index("l2").add(np.eye(3)).save(folder)
    assert (folder / "index.json").read_text() == '{"mine": 1}'
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="folder"):
        Index("l2").save(tmp_path / "file")


FORKS = """
import os, sys
import numpy as np
from netwright.search import Index

folder = sys.argv[1]
step, state = 0, {"seen": 0, "step": 0}
WATCHED = ("open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.chmod", "shutil.rmtree")

def die(event, arguments):
    if state["step"] and event in WATCHED:
        state["seen"] += 1
        if state["seen"] == state["step"]:
            os._exit(9)

sys.addaudithook(die)
index = Index.load(folder).add(np.ones((3, 3)), metadata={"word": ["new"] * 3})
n_before = len(Index.load(folder))
died = 0
while True:
    step += 1
    child = os.fork()
    if child == 0:
        state["step"] = step
        index.save(folder)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sizes = len(Index.load(folder)), len(Index.load(folder, memory_map=True))
    assert sizes in ((3, 3), (6, 6)), sizes
    if code == 0:
        break
    assert code == 9, code
    died += 1
assert sizes == (6, 6)
print(died, len(os.listdir(folder)))
"""


def test_a_process_that_dies_at_any_step_of_saving_leaves_a_whole_index(folder):
    Index("l2").add(np.eye(3), metadata={"word": ["old"] * 3}).save(folder)
    done = subprocess.run(
        [sys.executable, "-c", FORKS, str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    died, left = map(int, done.stdout.split())
    assert died > 15
    assert left == 2  # what the dead ones left was cleared


KILLED = """
import sys
import numpy as np
from netwright.search import Index

index = Index.load(sys.argv[1])
print("ready", flush=True)
while True:
    index.add(np.ones((1, 64)))
    index.save(sys.argv[1])
"""


def test_kill_9_in_the_middle_of_saving_leaves_a_whole_index(folder):
    rng = np.random.default_rng(0)
    Index("l2").add(rng.normal(size=(4_000, 64))).save(folder)
    n, grew = 4_000, False
    for life in range(4):
        process = subprocess.Popen([sys.executable, "-c", KILLED, folder], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(0.05 + 0.04 * life)
        process.send_signal(signal.SIGKILL)
        process.wait()
        index = Index.load(folder)
        grew |= len(index) > n
        assert len(index) >= n
        n = len(index)
        assert index.search(rng.normal(size=64), k=3).ids.shape == (1, 3)
    assert grew
