import gzip
import struct

import numpy as np
import pytest

from netwright.core.errors import ImageError
from netwright.data import read_idx


def written(kind, array):
    head = bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.tobytes()


@pytest.mark.parametrize(
    ("kind", "dtype"), [(8, "u1"), (9, "i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")]
)
def test_numbers_of_every_type_come_as_they_were_written(kind, dtype, tmp_path):
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    for name, data in (("a", written(kind, array)), ("b", gzip.compress(written(kind, array)))):
        (tmp_path / name).write_bytes(data)
        found = read_idx(tmp_path / name)
        assert found.dtype == np.dtype(dtype).newbyteorder("=")
        np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "must be an idx file"),
        (b"\x89PNG....", "must be an idx file"),
        (written(8, np.zeros((3, 4), np.uint8))[:-1], "where 24 are announced"),
        (written(8, np.zeros((3, 4), np.uint8)) + b"x", "where 24 are announced"),
        (bytes([0, 0, 8, 3, 0, 0]), "must be whole"),
        (gzip.compress(b"long enough to be cut", mtime=0)[:-9], "must be whole"),
    ],
)
def test_a_cut_or_foreign_file_is_named(data, message, tmp_path):
    (tmp_path / "images").write_bytes(data)
    with pytest.raises(ImageError, match=message) as caught:
        read_idx(tmp_path / "images")
    assert str(tmp_path / "images") in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ImageError, match="none of that name"):
        read_idx(tmp_path / "nothing")
