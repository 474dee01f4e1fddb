import copy
import pickle
import threading
import time

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from netwright.core.errors import ImageError
from netwright.data import ImageFiles, check_images, read_images
from netwright.data.images import image_files
from netwright.training import Supervised, TensorSamples, Training, predict
from netwright.training.distribute import World
from netwright.training.feed import Feed
from netwright.training.samples import Rows, Steps

N = 40


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for row in range(N):
        Image.fromarray(rng.integers(0, 256, (9, 7 + row % 3, 3)).astype(np.uint8)).save(
            folder / f"{row:02}.png"
        )
    return sorted(folder.iterdir())


@pytest.fixture
def decoded(monkeypatch):
    """Names of the files that were decoded, in their order."""
    names = []
    real = image_files.decode

    def counting(path, **options):
        names.append(path.name)
        return real(path, **options)

    monkeypatch.setattr(image_files, "decode", counting)
    return names


@pytest.mark.parametrize("memory", [0, 10 * 3 * 64, 1 << 20], ids=["nothing", "a quarter", "all"])
def test_batches_are_the_rows_of_read_images_whatever_is_kept(paths, memory, decoded):
    files = ImageFiles(paths, size=8, memory=memory, n_workers=2)
    whole = read_images(paths, size=8)
    assert len(files) == N
    assert files.shape == tuple(whole.shape)
    for _ in range(3):
        order = torch.randperm(N, generator=torch.Generator().manual_seed(1))
        files.expect(order)
        for rows in order.split(7):
            assert torch.equal(files[rows], whole[rows])
    repeated = torch.tensor([3, 3, 0, 3])
    assert torch.equal(files[repeated], whole[repeated])
    kept = min(N, memory // (3 * 64))
    assert len(decoded) in (3 * N - 2 * kept + n for n in range(3))  # what is kept is decoded once


def test_the_next_batches_are_decoded_while_this_one_is_used(paths, decoded):
    files = ImageFiles(paths, size=8, n_workers=2)
    files.expect(torch.arange(N))
    files[torch.arange(5)]
    waited = time.monotonic() + 5
    while len(decoded) < 10 and time.monotonic() < waited:
        time.sleep(0.01)
    assert sorted(decoded) == [path.name for path in paths[:10]]  # two batches, and no more
    files[torch.arange(5, 10)]
    assert decoded.count("07.png") == 1


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_loop_tells_the_order_of_an_epoch(paths, wrapped):
    files = ImageFiles(paths, size=8)
    samples = TensorSamples(files, torch.arange(N))
    rows = torch.arange(N).flip(0)[:30]
    told = []
    files.expect = lambda rows: told.append(rows)
    feed = Feed(Rows(samples, rows) if wrapped else samples, torch.Generator().manual_seed(0), World())
    seen = [batch.target for batch, _ in feed.batches(Steps(30 if wrapped else N, 8), skip=1)]
    (order,) = told
    assert torch.equal(order, torch.cat(seen))


def test_a_bad_file_raises_its_name_in_the_caller_and_the_next_batch_goes_on(paths, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(paths[0].read_bytes()[:60])
    files = ImageFiles([*paths[:6], bad, *paths[6:12]], size=8, channels=3, n_workers=2)
    files.expect(torch.arange(13))
    assert files[torch.arange(4)].shape == (4, 3, 8, 8)
    with pytest.raises(ImageError, match=r"bad\.png must be a whole picture"):
        files[torch.arange(4, 8)]
    assert torch.equal(files[torch.arange(8, 13)], read_images(paths[7:12], size=8))


def test_a_run_over_a_bad_file_ends_with_its_name(paths, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    files = ImageFiles([*paths, bad], size=8, channels=3)
    net = nn.Sequential(nn.Flatten(), nn.Linear(192, 2))
    samples = TensorSamples(files, torch.zeros(N + 1, dtype=torch.long))

    class Floats(Supervised):
        def loss(self, network, batch):
            return super().loss(network, batch._replace(inputs=batch.inputs.float()))

    with pytest.raises(ImageError, match=r"bad\.png must hold a picture"):
        Training(epochs=1, batch_size=8, validation=0).run(net, Floats(nn.CrossEntropyLoss()), samples)


def test_bad_files_are_skipped_by_a_check_beforehand(paths, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(paths[0].read_bytes()[:60])
    given = [paths[0], bad, paths[1], tmp_path / "missing.png"]
    with pytest.warns(UserWarning, match=r"2 of 4 pictures cannot be read and are left out: .*bad\.png"):
        files = ImageFiles(given, size=8, on_error="skip")
    assert files.kept.tolist() == [0, 2]
    assert len(files) == 2
    assert files.problems.row.tolist() == [1, 3]
    assert torch.equal(files[torch.tensor([1])], read_images([paths[1]], size=8))
    with pytest.warns(UserWarning, match="left out"), pytest.raises(ImageError, match="at least one picture"):
        ImageFiles([bad], on_error="skip")


def test_the_check_lists_row_path_and_problem_of_the_bad_files_alone(paths, tmp_path):
    Image.new("L", (1, 1)).save(tmp_path / "dot.png")
    problems = check_images([paths[0], tmp_path / "dot.png", paths[1]])
    assert problems.row.tolist() == [1]
    assert problems.path.item().endswith("dot.png")
    assert "more than one pixel" in problems.problem.item()
    assert list(check_images(paths).columns) == ["row", "path", "problem"]
    assert check_images(paths).empty


def test_copies_have_the_files_and_decode_anew(paths):
    files = ImageFiles(paths, size=8)
    whole = files[torch.arange(N)]
    for carried in (pickle.loads(pickle.dumps(files)), copy.deepcopy(files)):
        assert carried.shape == files.shape
        assert torch.equal(carried[torch.arange(N)], whole)


def test_threads_end_with_the_files(paths):
    before = threading.active_count()
    files = ImageFiles(paths, size=8, n_workers=3)
    files[torch.arange(N)]
    assert threading.active_count() > before
    del files
    waited = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < waited:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_the_size_and_the_channels_are_the_commonest_where_none_are_given(paths):
    with pytest.warns(UserWarning, match="3 sizes; all are brought to the commonest one, 9 x 7"):
        assert ImageFiles(paths).shape == (N, 3, 9, 7)
    assert ImageFiles(paths, size=(4, 5), channels=1).shape == (N, 1, 4, 5)


@pytest.mark.parametrize(
    "arguments", [{"on_error": "ignore"}, {"channels": 4}, {"size": 0}, {"fit": "squash"}]
)
def test_arguments_that_are_none_of_their_values_are_refused(paths, arguments):
    with pytest.raises(ImageError, match=next(iter(arguments))):
        ImageFiles(paths, **{"size": 8, **arguments})[torch.arange(2)]


def test_a_run_over_files_learns_what_a_run_over_the_tensor_learns(tmp_path):
    shades = np.arange(60) % 2 * 200
    given = [tmp_path / f"{row}.png" for row in range(60)]
    for path, shade in zip(given, shades, strict=True):
        Image.new("L", (6, 6), int(shade)).save(path)
    target = torch.as_tensor(shades > 0).float()[:, None]

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.out = nn.Linear(36, 1)

        def forward(self, x):
            return self.out(x.flatten(1).float() / 255)

    weights = []
    for pictures in (ImageFiles(given, memory=500), read_images(given)):
        torch.manual_seed(0)
        net = Net()
        recipe = Training(epochs=5, batch_size=16, learning_rate=0.05)
        recipe.run(net, Supervised(nn.BCEWithLogitsLoss()), TensorSamples(pictures, target), seed=1)
        weights.append(net.out.weight)
        assert ((predict(net, read_images(given)) > 0) == (target > 0.5)).all()
    assert torch.equal(*weights)
