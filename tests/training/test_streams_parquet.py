import pickle
import weakref

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from netwright.data import TableEncoder
from netwright.training.samples import Steps
from netwright.training.streams import ParquetStream, parquet_files, parquet_stream, row_mix


@pytest.fixture
def path(tmp_path):
    return tmp_path / "flights.parquet"


def write(path, columns, group=4):
    pd.DataFrame(columns).to_parquet(path, row_group_size=group)
    return path


def whole(stream):
    """All rows as one batch, as they stand."""
    (batch,) = stream.batches(Steps(len(stream), len(stream)))
    return batch


def test_columns_become_the_tensors_that_pandas_would_give(path):
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "far": generator.normal(size=11),
            "count": generator.integers(0, 9, 11),
            "big": np.arange(11) + 2**40,
            "late": generator.random(11) < 0.5,
            "weight": generator.random(11),
        }
    )
    write(path, frame)
    stream = ParquetStream(path, inputs=["count", "far", "big"], target="late", weight="weight")
    batch = whole(stream)
    np.testing.assert_array_equal(batch.inputs, frame[["count", "far", "big"]].to_numpy().astype("float32"))
    np.testing.assert_array_equal(batch.target, frame["late"].to_numpy().astype("int64"))
    np.testing.assert_array_equal(batch.weight, frame["weight"].to_numpy().astype("float32"))
    assert (batch.inputs.dtype, batch.target.dtype, batch.weight.dtype) == (
        torch.float32,
        torch.int64,
        torch.float32,
    )


def test_all_columns_but_target_and_weight_are_inputs_where_none_are_named(path):
    write(path, {"a": [1.0], "w": [2.0], "b": [3.0], "y": [4.0]})
    assert whole(ParquetStream(path, target="y", weight="w")).inputs.tolist() == [[1.0, 3.0]]


def test_one_target_has_one_axis_and_a_list_of_targets_two(path):
    write(path, {"a": [1.0, 2.0], "y": [3, 4], "z": [0.5, 0.25]})
    assert whole(ParquetStream(path, inputs=["a"], target="z")).target.tolist() == [0.5, 0.25]
    assert whole(ParquetStream(path, inputs=["a"], target=["z"])).target.tolist() == [[0.5], [0.25]]
    both = whole(ParquetStream(path, inputs=["a"], target=["y", "z"])).target
    assert both.tolist() == [[3.0, 0.5], [4.0, 0.25]]
    assert both.dtype == torch.float32


def test_whole_numbers_in_some_files_alone_are_quantities_in_all(tmp_path):
    write(tmp_path / "a.parquet", {"x": [1.0], "y": [1]})
    write(tmp_path / "b.parquet", {"x": [1.0], "y": [0.5]})
    assert whole(ParquetStream(tmp_path, target="y")).target.tolist() == [1.0, 0.5]


def test_a_fitted_encoder_gives_what_it_gives_for_the_whole_table(path):
    frame = pd.DataFrame(
        {
            "far": [1.0, np.nan, 3.0, 4.0, 2.5, 9.0, 1.0, 2.0, 3.0, 4.0],
            "carrier": ["a", "b", None, "a", "b", "a", "a", "new", "b", "a"],
            "day": pd.date_range("2020-01-01", periods=10),
            "stop": [1.0, 2.0, np.nan, 1.0, 2.0, 1.0, 1.0, 1.0, 2.0, 1.0],
            "late": ["no", "yes"] * 5,
        }
    )
    frame["kind"] = frame["carrier"].astype("category")
    inputs = ["far", "carrier", "day", "stop", "kind"]
    encoder = TableEncoder(categories=["stop"], min_count=1).fit(frame[inputs])
    write(path, frame, group=3)
    encode_target = lambda column: (column == "yes").astype("float32")  # noqa: E731
    stream = ParquetStream(
        path, inputs=inputs, target="late", encode=encoder.transform, encode_target=encode_target
    )
    batch = whole(stream)
    np.testing.assert_array_equal(batch.inputs, encoder.transform(frame[inputs]))
    assert batch.target.tolist() == [0.0, 1.0] * 5


def test_decimals_are_numbers_directly_and_to_an_encoder(path):
    prices = pa.array([1, 2, 3]).cast(pa.decimal128(21, 2))
    pq.write_table(pa.table({"price": prices, "y": [0, 1, 0]}), path)
    for encode in (None, lambda frame: frame.to_numpy()):
        assert whole(ParquetStream(path, target="y", encode=encode)).inputs.tolist() == [[1.0], [2.0], [3.0]]


def test_paths_are_a_file_several_a_folder_or_a_pattern(tmp_path):
    for name, value in (("b-1.parquet", 2.0), ("a-1.parquet", 1.0), ("c.pq", 3.0)):
        write(tmp_path / name, {"x": [value], "y": [0]})
    (tmp_path / "_SUCCESS").write_text("")

    def values(paths):
        return whole(ParquetStream(paths, target="y")).inputs[:, 0].tolist()

    assert values(tmp_path) == [1.0, 2.0, 3.0]
    assert values(str(tmp_path / "*-1.parquet")) == [1.0, 2.0]
    assert values(str(tmp_path / "c.pq")) == [3.0]
    assert values([tmp_path / "c.pq", tmp_path / "a-1.parquet"]) == [3.0, 1.0]


def test_the_rows_are_counted_without_reading_them(path, monkeypatch):
    write(path, {"x": np.arange(10.0), "y": np.zeros(10)})
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", None)
    assert len(ParquetStream(path, target="y")) == 10


def test_metadata_are_read_once_however_many_row_groups_there_are(path, monkeypatch):
    write(path, {"x": np.arange(40.0), "y": np.zeros(40)})
    stream = ParquetStream(path, target="y")
    given, original = [], pq.ParquetFile.__init__

    def noted(self, path, metadata=None):
        given.append(metadata)
        original(self, path, metadata=metadata)

    monkeypatch.setattr(pq.ParquetFile, "__init__", noted)
    list(stream.batches(Steps(40, 4)))
    assert len(given) == 10
    assert None not in given


def read_groups(monkeypatch):
    """The row groups that are read from now on."""
    seen, blocks = [], row_mix.blocks

    def noted(group, columns):
        seen.append(group.number)
        yield from blocks(group, columns)

    monkeypatch.setattr(row_mix, "blocks", noted)
    return seen


def test_a_resumed_pass_does_not_read_the_row_groups_that_it_skips(path, monkeypatch):
    write(path, {"x": np.arange(40.0), "y": np.zeros(40)})
    seen = read_groups(monkeypatch)
    stream = ParquetStream(path, target="y", groups_at_once=2)
    list(stream.batches(Steps(40, 4), torch.Generator().manual_seed(0)))
    order = list(seen)
    assert sorted(order) == list(range(10))
    seen.clear()
    list(stream.batches(Steps(40, 4), torch.Generator().manual_seed(0), skip=8))
    assert seen == order[8:]


def test_a_row_group_of_which_no_row_is_wanted_is_not_read(path, monkeypatch):
    write(path, {"x": np.arange(12.0), "y": np.zeros(12)})
    seen = read_groups(monkeypatch)
    columns = ParquetStream(path, target="y")._columns
    groups = parquet_files.look_into(path)[0]
    mix = row_mix.RowMix(
        groups, [(5, 7, True)], None, columns.names, lambda block, group: columns.batch(block, group.path)
    )
    mix.read(1.0)
    assert [part.inputs.tolist() for part, _, _ in mix.parts()] == [[[5.0], [6.0]]]
    assert seen == [1]


def test_each_pass_takes_the_row_groups_in_another_order(path, monkeypatch):
    write(path, {"x": np.arange(40.0), "y": np.zeros(40)})
    seen = read_groups(monkeypatch)
    stream, generator = ParquetStream(path, target="y", groups_at_once=1), torch.Generator().manual_seed(0)
    for _ in range(2):
        list(stream.batches(Steps(40, 4), generator))
    first, second = seen[:10], seen[10:]
    assert sorted(first) == sorted(second) == list(range(10))
    assert len({tuple(order) for order in (first, second, range(10))}) == 3


def test_a_process_encodes_its_own_rows_alone(path):
    write(path, {"x": np.arange(40.0), "y": np.zeros(40)})
    encoded = []

    def encode(frame):
        encoded.append(len(frame))
        return frame.to_numpy()

    stream = ParquetStream(path, target="y", encode=encode)
    list(stream.batches(Steps(40, 10), torch.Generator().manual_seed(0), rank=1, size=2))
    assert sum(encoded) == 20


@pytest.mark.parametrize("n_rows", [64, 640])
def test_no_more_than_two_mixtures_stand_in_memory_however_many_rows_there_are(path, monkeypatch, n_rows):
    write(path, {"x": np.arange(float(n_rows)), "y": np.zeros(n_rows)}, group=8)
    alive, most = weakref.WeakSet(), []
    original = row_mix.RowMix

    def counted(*arguments):
        alive.add(mix := original(*arguments))
        return mix

    monkeypatch.setattr(parquet_stream, "RowMix", counted)
    stream = ParquetStream(path, target="y", groups_at_once=2)
    for _ in stream.batches(Steps(n_rows, 5), torch.Generator().manual_seed(0)):
        rows = [0 if not mix._whole else len(mix._whole[0]) for mix in alive]
        most.append((len(rows), sum(rows)))
    assert max(most) == (2, 32)
    assert not alive


def test_the_next_mixture_is_read_little_by_little(path, monkeypatch):
    write(path, {"x": np.arange(96.0), "y": np.zeros(96)}, group=4)
    seen = read_groups(monkeypatch)
    stream = ParquetStream(path, target="y", groups_at_once=8)
    read = [len(seen) for _ in stream.batches(Steps(96, 4), torch.Generator().manual_seed(0))]
    assert read == [8, *range(9, 25), *[24] * 7]


def test_rows_of_different_row_groups_are_mixed(path):
    write(path, {"x": np.repeat(np.arange(4.0), 16), "y": np.zeros(64)}, group=16)
    stream = ParquetStream(path, target="y", groups_at_once=4)
    batches = stream.batches(Steps(64, 16), torch.Generator().manual_seed(0))
    assert all(len(batch.inputs.unique()) == 4 for batch in batches)


def test_a_batch_can_be_kept_and_changed_without_touching_others(path):
    write(path, {"x": np.arange(8.0), "y": np.zeros(8)})
    stream = ParquetStream(path, target="y")
    for batch in stream.batches(Steps(8, 2)):
        assert batch.inputs.untyped_storage().nbytes() == 8
        batch.inputs.fill_(-1.0)
    assert whole(stream).inputs[:, 0].tolist() == list(range(8))


def test_it_can_be_pickled(path):
    write(path, {"x": [1.0, 2.0], "y": [0, 1]})
    again = pickle.loads(pickle.dumps(ParquetStream(path, target="y")))
    assert whole(again).target.tolist() == [0, 1]
