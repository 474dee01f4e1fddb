import numpy as np
import pytest

from netwright.core.errors import InputError
from netwright.data import read_sequences, read_ts

HEAD = "# about\n@problemName tiny\n@timeStamps false\n@classLabel true left right\n\n@data\n"


def written(folder, text):
    path = folder / "tiny.ts"
    path.write_text(text, encoding="utf-8")
    return path


def test_series_of_one_length_become_one_array(tmp_path):
    X, y, header = read_ts(written(tmp_path, HEAD + "1,2,3:4,5,6:left\n-1e-3,?,0:0,0,1: right\n"))
    assert X.shape == (2, 3, 2)
    assert X[0].tolist() == [[1, 4], [2, 5], [3, 6]]
    assert np.isnan(X[1, 1, 0])
    assert y.tolist() == ["left", "right"]
    assert header["problemname"] == "tiny"


def test_series_of_different_lengths_become_a_list_that_is_read(tmp_path):
    X, y, _ = read_ts(written(tmp_path, HEAD + "1,2,3:left\n4:right\n"))
    assert [part.tolist() for part in X] == [[[1], [2], [3]], [[4]]]
    assert read_sequences(X).lengths.tolist() == [3, 1]
    assert len(y) == 2


def test_targets_are_numbers_and_no_labels_are_none(tmp_path):
    file = read_ts(written(tmp_path, "@targetlabel true\n@data\n1,2:0.5\n3,4:-2\n"))
    assert file.y.tolist() == [0.5, -2.0]
    assert read_ts(written(tmp_path, "@classLabel false\n@data\n1,2\n3,4\n")).y is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no line @data"),
        (HEAD, "no series"),
        (HEAD + "1,x:left\n", "tiny.ts, line 7 .* could not convert string to float"),
        (HEAD + "1,2:3:left\n", "line 7 .* dimensions of 2, 1 values"),
        (HEAD + "1:2:left\n1:left\n", "series 1 .* 1 dimensions after 2"),
        (HEAD + "(0,1),(1,2):left\n", "line 7 .* time stamps"),
        (HEAD.replace("false", "true") + "1:left\n", "@timeStamps true"),
        ("1,2,3\n", "line 1 .* before @data"),
        (HEAD + "left\n", "line 7"),
    ],
)
def test_a_file_that_is_none_is_told_by_its_line(tmp_path, text, told):
    with pytest.raises(InputError, match=told):
        read_ts(written(tmp_path, text))
