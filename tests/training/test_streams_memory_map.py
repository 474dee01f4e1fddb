import pickle

import numpy as np
import pytest
import torch

from netwright.core.errors import InputError
from netwright.training.samples import TensorSamples
from netwright.training.streams import MemoryMapSamples


@pytest.fixture
def arrays(tmp_path):
    generator = np.random.default_rng(0)
    arrays = {
        "inputs": generator.normal(size=(50, 3)),
        "target": generator.integers(0, 4, 50, dtype=np.int8),
        "weight": generator.random(50),
    }
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    return arrays


def mapped(folder, *names):
    return MemoryMapSamples(*(folder / f"{name}.npy" for name in names))


def test_rows_on_the_disk_are_those_in_memory_in_the_order_asked_for(tmp_path, arrays):
    on_disk = mapped(tmp_path, "inputs", "target", "weight")
    in_memory = TensorSamples(
        torch.tensor(arrays["inputs"]).float(),
        torch.tensor(arrays["target"]).long(),
        torch.tensor(arrays["weight"]).float(),
    )
    assert len(on_disk) == len(in_memory)
    for rows in (torch.tensor([7, 3, 3, 49, 0]), torch.randperm(50), torch.arange(0)):
        for mine, reference in zip(on_disk[rows], in_memory[rows], strict=True):
            assert torch.equal(mine, reference)
            assert mine.dtype == reference.dtype


def test_rows_are_read_in_the_order_of_the_file(tmp_path, arrays):
    class Noting(np.ndarray):
        def __getitem__(self, rows):
            asked.append(rows.tolist())
            return np.asarray(self)[rows]

    asked = []
    samples = MemoryMapSamples(arrays["inputs"].view(Noting), arrays["target"])
    samples[torch.tensor([30, 2, 17])]
    assert asked == [[2, 17, 30]]


def test_files_are_mapped_never_loaded_also_after_pickling(tmp_path, arrays):
    samples = mapped(tmp_path, "inputs", "target")
    pickled = pickle.dumps(samples)
    assert len(pickled) < 1000
    for each in (samples, pickle.loads(pickled)):
        assert isinstance(each._inputs, np.memmap)
        assert torch.equal(each[torch.tensor([5])].inputs, samples[torch.tensor([5])].inputs)


def test_batches_are_copies(tmp_path, arrays):
    samples = mapped(tmp_path, "inputs", "target")
    samples[torch.arange(50)].inputs.zero_()
    np.testing.assert_array_equal(np.load(tmp_path / "inputs.npy"), arrays["inputs"])
    assert samples[torch.arange(50)].inputs.abs().sum() > 0


def test_pictures_stay_bytes_and_foreign_byte_order_is_turned():
    pictures = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    batch = MemoryMapSamples(pictures, np.array([1.5, 2.5], dtype=">f8"))[torch.tensor([1])]
    assert (batch.inputs.dtype, batch.inputs.shape) == (torch.uint8, (1, 3, 4))
    assert (batch.target.dtype, batch.target.tolist()) == (torch.float32, [2.5])
    swapped = MemoryMapSamples(np.array([1, 2], dtype=">i4"), np.array([True, False]))[torch.tensor([1, 0])]
    assert (swapped.inputs.tolist(), swapped.target.tolist()) == ([2, 1], [0, 1])


def test_errors_name_the_argument(tmp_path, arrays):
    with pytest.raises(InputError, match="as many rows as each other, got 49 and 50 rows"):
        MemoryMapSamples(tmp_path / "inputs.npy", arrays["target"][:-1])
    with pytest.raises(InputError, match=r"inputs must be an array file of numpy's, got .*No such file"):
        MemoryMapSamples(tmp_path / "nowhere.npy", arrays["target"])
    (tmp_path / "text.npy").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="target must be an array file of numpy's, got"):
        MemoryMapSamples(arrays["inputs"], tmp_path / "text.npy")
    np.savez(tmp_path / "both.npz", **arrays)
    with pytest.raises(InputError, match="inputs must be a single array, got an archive"):
        MemoryMapSamples(tmp_path / "both.npz", arrays["target"])
    with pytest.raises(InputError, match="target must hold rows of numbers, got <U1 of shape"):
        MemoryMapSamples(arrays["inputs"], np.array(["a"] * 50))
    with pytest.raises(InputError, match="inputs must hold rows of numbers, got float64 of shape"):
        MemoryMapSamples(np.zeros((0, 2)), arrays["target"])
