import os
import struct
import warnings
import zlib
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from netwright.core.errors import ImageError
from netwright.data import read_images
from netwright.data.images.reading import threads_for

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (6, 12, 10, 3)).astype(np.uint8)
WANTED = torch.from_numpy(COLOUR).permute(0, 3, 1, 2)


@pytest.fixture
def file(tmp_path):
    def save(name, array, **options):
        picture = array if isinstance(array, Image.Image) else Image.fromarray(array)
        picture.save(tmp_path / name, **options)
        return tmp_path / name

    return save


SAME = {
    "nhwc": COLOUR,
    "nchw": COLOUR.transpose(0, 3, 1, 2),
    "tensor": torch.from_numpy(COLOUR),
    "float64": COLOUR / 255,
    "float32": (COLOUR / 255).astype(np.float32),
    "whole": COLOUR.astype(np.int64),
    "uint16": COLOUR.astype(np.uint16) * 257,
    "big-endian": COLOUR.astype(">u2") * np.uint16(257),
    "reversed": COLOUR[:, ::-1].copy()[:, ::-1],
    "list": list(COLOUR),
    "pillow": [Image.fromarray(one) for one in COLOUR],
}


@pytest.mark.parametrize("given", SAME.values(), ids=SAME)
def test_every_layout_and_type_gives_the_same_bytes(given):
    assert torch.equal(read_images(given), WANTED)


def test_grey_and_black_and_white_arrays_have_one_channel():
    grey = COLOUR[..., 0]
    assert torch.equal(read_images(grey), WANTED[:, :1])
    assert read_images(grey > 100).unique().tolist() == [0, 255]
    assert torch.equal(read_images(grey[..., None]), read_images(grey[:, None]))


def test_an_axis_of_channels_that_the_shape_leaves_open_is_settled_by_channels_or_layout():
    open_shape = np.zeros((2, 3, 8, 4))
    with pytest.raises(ImageError, match=r"either may; say layout='nchw' or layout='nhwc'"):
        read_images(open_shape)
    assert read_images(open_shape, channels=3).shape == (2, 3, 8, 4)
    assert read_images(open_shape, layout="nhwc").shape == (2, 4, 3, 8)
    assert read_images(np.zeros((2, 8, 8, 6)), layout="nhwc").shape == (2, 6, 8, 8)
    assert read_images(np.zeros((5, 8, 3)), layout="nhw").shape == (5, 1, 8, 3)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (np.zeros((4, 64)), r"reshape\(len\(X\), height, width\)"),
        (np.zeros((8, 8, 3)), r"one colour picture; X\[None\]"),
        (np.zeros((4, 9, 8, 7)), "neither may; say layout="),
        (np.full((2, 4, 5), 16.0), "from 0 to 1, got from 16 to 16; divide"),
        (np.full((2, 4, 5), np.nan), "from 0 to 1, got gaps"),
        (np.full((2, 4, 5), -1), "from 0 to 255, or be uint16, got -1"),
        (np.zeros((0, 4, 5)), "at least one picture"),
        ([], "at least one picture"),
        ("cats", r"got one str; put it in a list"),
        ([np.zeros((4, 5)), 3], "got int in row 1"),
        (np.array([{}]), "got dict in row 0"),
    ],
)
def test_arrays_that_are_no_pictures_are_refused_with_the_remedy(given, told):
    with pytest.raises(ImageError, match=told):
        read_images(given)


def test_files_give_the_pixels_that_were_saved_in_their_order(file):
    paths = [file(f"{row}.png", picture) for row, picture in enumerate(COLOUR)]
    for given in (paths, [str(path) for path in paths], pd.Series(map(str, paths)), np.array(paths)):
        assert torch.equal(read_images(given, n_workers=3), WANTED)


def test_sixteen_bits_become_eight_by_scaling(file):
    deep = RNG.integers(0, 65536, (9, 7)).astype(np.uint16)
    wanted = np.rint(deep / 257)
    assert (read_images([file("16.png", deep)])[0, 0].numpy() == wanted).all()
    assert (read_images([file("16.tif", deep)])[0, 0].numpy() == wanted).all()
    fractions = (deep / 65535).astype(np.float32)
    assert np.abs(read_images([file("f.tif", fractions)])[0, 0].numpy() - wanted).max() <= 1
    with pytest.raises(ImageError, match=r"f2.tif, grey of mode F, must hold numbers from 0 to 1"):
        read_images([file("f2.tif", fractions * 5)])


def test_colours_of_sixteen_bits_become_eight_by_scaling(tmp_path):
    deep = RNG.integers(0, 65536, (5, 4, 3)).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in deep)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 4, 5, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows))]
    whole = b"\x89PNG\r\n\x1a\n"
    for kind, body in [*parts, (b"IEND", b"")]:
        whole += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    (tmp_path / "deep.png").write_bytes(whole)
    seen = read_images([tmp_path / "deep.png"])[0].permute(1, 2, 0).numpy()
    assert np.abs(seen - deep / 257).max() < 1


def test_cmyk_becomes_the_colours_that_pillow_shows(file):
    path = file("c.jpg", Image.fromarray(RNG.integers(0, 256, (9, 7, 4)).astype(np.uint8), "CMYK"))
    shown = np.array(Image.open(path).convert("RGB"))
    assert (read_images([path])[0].permute(1, 2, 0).numpy() == shown).all()


def test_what_is_transparent_becomes_white(file):
    clear = np.zeros((2, 2, 4), dtype=np.uint8)
    clear[0, 0] = (10, 20, 30, 255)
    clear[0, 1] = (0, 0, 0, 128)
    seen = read_images([file("t.png", clear)])[0]
    assert seen[:, 0, 0].tolist() == [10, 20, 30]
    assert seen[:, 1, 1].tolist() == [255] * 3
    assert seen[:, 0, 1].tolist() == [127] * 3
    palette = Image.fromarray(np.array([[0, 1]], dtype=np.uint8), "P")
    palette.putpalette([9, 9, 9, 5, 5, 5])
    assert read_images([file("p.gif", palette, transparency=1)])[0, 0].tolist() == [[9, 255]]
    assert torch.equal(read_images(clear[None], channels=3), seen[None])


def test_the_first_frame_of_an_animation_is_read(file):
    frames = [Image.new("L", (4, 4), shade) for shade in (200, 100, 0)]
    path = file("a.gif", frames[0], save_all=True, append_images=frames[1:])
    assert (read_images([path], channels=1) == 200).all()


def test_a_picture_is_set_upright_as_its_exif_orientation_says(file):
    plain = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    exif = Image.Exif()
    exif[0x0112] = 6
    path = file("e.png", plain, exif=exif)
    assert (read_images([path])[0, 0].numpy() == np.rot90(plain, -1)).all()


@pytest.mark.parametrize("kind", ["png", "jpg", "gif", "bmp", "webp", "tif"])
@pytest.mark.parametrize("share", [0.1, 0.6])
def test_a_file_that_is_cut_off_is_an_error_that_names_it(file, kind, share):
    path = file(f"cut.{kind}", RNG.integers(0, 256, (40, 40, 3)).astype(np.uint8))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ImageError, match=rf"cut\.{kind} must (be a whole|hold a) picture"):
        read_images([path], n_workers=2)


def test_bytes_that_are_changed_at_random_give_a_picture_or_a_named_error(file):
    for kind in ("png", "jpg", "gif"):
        path = file(f"d.{kind}", COLOUR[0])
        whole = np.frombuffer(path.read_bytes(), np.uint8)
        for _ in range(30):
            damaged = whole.copy()
            damaged[RNG.integers(0, len(whole), 3)] = RNG.integers(0, 256, 3)
            path.write_bytes(damaged.tobytes())
            try:
                answer = read_images([path], size=4, channels=3, n_workers=1).shape
            except ImageError as error:
                answer = str(error)
            assert answer == (1, 3, 4, 4) or f"d.{kind}" in answer


def claiming(width, height, path):
    """A small PNG whose head says that it is large."""
    Image.new("1", (9, 9)).save(path)
    head = b"IHDR" + struct.pack(">II", width, height) + path.read_bytes()[24:29]
    rest = path.read_bytes()[33:]
    path.write_bytes(path.read_bytes()[:12] + head + struct.pack(">I", zlib.crc32(head)) + rest)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: None, "must be a file that can be read, got none of that name"),
        (lambda path: path.mkdir(), "must be a file that can be read, got a directory"),
        (os.mkfifo, "must be a file that can be read, got a pipe or a device"),
        (lambda path: path.touch(), "must hold a picture, got an empty file"),
        (lambda path: path.write_text("hello " * 50), "must hold a picture, got a file of no known kind"),
        (lambda path: Image.new("L", (1, 1)).save(path), "more than one pixel, got 1 x 1"),
        (partial(claiming, 9500, 9500), "at most 89,478,485 pixels, got 9500 x 9500"),
        (partial(claiming, 60000, 60000), "at most 89,478,485 pixels, got far more"),
    ],
    ids=["missing", "folder", "pipe", "empty", "text", "pixel", "huge", "bomb"],
)
@pytest.mark.filterwarnings("ignore:Image size")
def test_a_file_that_is_no_picture_of_use_is_an_error_that_names_it(tmp_path, make, told):
    path = tmp_path / "x.png"
    make(path)
    with pytest.raises(ImageError, match=rf"x\.png must .*{told.removeprefix('must ')}"):
        read_images([path])


def test_the_first_bad_file_of_many_is_named_and_the_rest_is_left(file, tmp_path):
    paths = [file(f"{row}.png", COLOUR[0]) for row in range(300)]
    (tmp_path / "100.png").write_text("no")
    (tmp_path / "250.png").write_text("no")
    with pytest.raises(ImageError, match=r"100\.png"):
        read_images(paths, n_workers=2)


def test_mixed_sizes_become_the_commonest_which_is_said_or_the_one_asked_for(file):
    mixed = [Image.new("L", size) for size in [(8, 6), (8, 6), (30, 20)]]
    with pytest.warns(UserWarning, match=r"2 sizes; .* the commonest one, 6 x 8 \(height x width, 2 of 3\)"):
        assert read_images(mixed).shape == (3, 1, 6, 8)
    paths = [file(f"{row}.png", one) for row, one in enumerate(mixed)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_images(mixed, size=(5, 9)).shape == (3, 1, 5, 9)
        assert read_images(paths, size=7, channels=3).shape == (3, 3, 7, 7)
        assert read_images([np.zeros((4, 6)), np.zeros((9, 9, 3))], size=5).shape == (2, 3, 5, 5)


def test_one_colour_picture_makes_all_of_them_colour():
    grey, colour = Image.new("L", (4, 4), 50), Image.new("RGB", (4, 4), (255, 0, 0))
    both = read_images([grey, colour])
    assert both[:, :, 0, 0].tolist() == [[50] * 3, [255, 0, 0]]
    assert read_images([grey, colour], channels=1)[:, 0, 0, 0].tolist() == [50, 76]


@pytest.mark.parametrize("as_picture", [False, True], ids=["array", "file"])
def test_letterbox_keeps_all_crop_cuts_alike_and_stretch_changes_proportions(as_picture):
    wide = np.full((20, 40), 60, dtype=np.uint8)
    wide[:, 10:30] = 200
    given = [Image.fromarray(wide)] if as_picture else wide[None]
    crop = read_images(given, size=20, fit="crop")[0, 0]
    assert (crop == 200).all()
    letterbox = read_images(given, size=20)[0, 0]
    assert (letterbox[5:15, 1:4] == 60).all()
    assert (letterbox[7, 7:13] == 200).all()
    assert letterbox[:4].unique().numel() == letterbox[16:].unique().numel() == 1
    assert 60 < letterbox[0, 0] < 200  # the mean of the edges
    stretch = read_images(given, size=20, fit="stretch")[0, 0]
    assert (stretch[0] == stretch[-1]).all()
    with pytest.raises(ImageError, match="'letterbox', 'crop' or 'stretch', got 'squash'"):
        read_images(given, size=20, fit="squash")


def test_arrays_and_files_are_scaled_alike_and_without_aliasing():
    stripes = np.tile(np.array([0, 255], dtype=np.uint8), (64, 32))
    by_array = read_images(stripes[None], size=16)
    by_file = read_images([Image.fromarray(stripes)], size=16)
    assert (by_array.int() - by_file.int()).abs().max() <= 1
    assert ((by_array.int() - 127).abs() < 20).all()  # every second pixel alone would be black or white


def test_a_large_jpeg_that_is_decoded_at_a_reduced_size_looks_the_same(file):
    smooth = np.add.outer(np.linspace(0, 120, 800), np.linspace(0, 120, 900)).astype(np.uint8)
    path = file("big.jpg", smooth, quality=95)
    whole = np.array(Image.open(path).resize((50, 50), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(read_images([path], size=50, fit="stretch")[0, 0].numpy() - whole).max() <= 3


def test_files_beyond_those_that_are_read_ahead_are_read_too():
    pictures = [Image.new("L", (2, 3), shade % 251) for shade in range(1200)]
    shades = read_images(pictures)[:, 0, 0, 0]
    assert shades.tolist() == [shade % 251 for shade in range(1200)]


def test_small_files_are_read_by_one_thread_and_large_ones_by_one_a_processor(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    noise = np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    for name, side in (("small.png", 20), ("large.png", 100)):
        Image.fromarray(noise[:side, :side]).save(tmp_path / name)
    assert threads_for([tmp_path / "small.png"] * 5) == 1
    assert threads_for([tmp_path / "large.png"] * 5) == 3
    assert threads_for([Image.fromarray(noise)]) == 3
