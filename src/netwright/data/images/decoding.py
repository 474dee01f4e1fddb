"""One picture out of a file: whatever is wrong with it becomes one error that names the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from netwright.core.errors import ImageError
from netwright.data.images.fitting import Fit, centred, within
from netwright.data.wording import shown

MAX_PIXELS = 89_478_485
"""Of one picture, Pillow's own bound: a small file may say that it holds a picture that fills memory."""

GREY = ("1", "L", "I", "F", "LA", "La", "I;16", "I;16L", "I;16B", "I;16N")
DEEP = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What sets a picture upright, by its EXIF orientation."""

DENIALS: dict[type[OSError], tuple[str, str]] = {
    FileNotFoundError: ("none of that name", "check the spelling and the current directory"),
    IsADirectoryError: ("a directory", "read_image_folder reads a folder"),
    PermissionError: ("no permission", "check its permissions"),
}


class Header(NamedTuple):
    """What the head of a file says of its picture.

    Args:
        height: upright.
        width: upright.
        is_grey: whether it has no colours.

    Example:
        >>> Header(20, 30, is_grey=True).width
        30
    """

    height: int
    width: int
    is_grey: bool


def look_at(picture: Any) -> Header:
    """Return size and kind of a picture without decoding it.

    Args:
        picture: a path, or a picture of Pillow's.

    Raises:
        ImageError: naming the file, when it is missing, no picture, too large or of a single pixel.

    Example:
        >>> look_at(Image.new("L", (30, 20)))
        Header(height=20, width=30, is_grey=True)
    """
    with _opened(picture) as image:
        width, height = image.size
        if _orientation(image) >= 5:
            width, height = height, width
        return Header(height, width, image.mode in GREY)


def decode(picture: Any, *, size: tuple[int, int] | None, channels: int, fit: Fit) -> Tensor:
    """Return a picture as uint8 (channels, height, width).

    Args:
        picture: a path, or a picture of Pillow's.
        size: height and width; None for its own.
        channels: 1 or 3.
        fit: as in `read_images`.

    Raises:
        ImageError: naming the file, when it is damaged.

    Example:
        >>> decode(Image.new("RGB", (30, 20)), size=(8, 8), channels=1, fit="crop").shape
        torch.Size([1, 8, 8])
    """
    with _opened(picture) as image:
        turn = TURNS.get(_orientation(image))
        if size is not None and image is not picture:
            _draft(image, size, fit)
        image.load()
        image = _plain(image, channels, name_of(picture))
        if turn is not None:
            image = image.transpose(turn)
        if size is not None:
            height, width = within(image.height, image.width, size, fit)
            if (width, height) != image.size:
                image = image.resize((width, height), Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(np.array(image))
    pixels = pixels[None] if pixels.ndim == 2 else pixels.movedim(-1, 0)  # (channels, height, width)
    return pixels if size is None else centred(pixels[None], size)[0]


def name_of(picture: Any) -> str:
    """Return what a picture is called in messages.

    Args:
        picture: a path, or a picture of Pillow's.

    Example:
        >>> name_of("cats/1.png"), name_of(Image.new("L", (3, 2)))
        ('cats/1.png', 'a picture of 3 x 2 pixels')
    """
    if isinstance(picture, Image.Image):
        return f"a picture of {picture.width} x {picture.height} pixels"
    return str(picture)


@contextmanager
def _opened(picture: Any) -> Iterator[Image.Image]:
    """Open a picture; whatever Pillow says about a damaged one becomes one clear error."""
    name = name_of(picture)
    try:
        if isinstance(picture, Image.Image):
            _check_size(name, picture)
            yield picture
            return
        with Image.open(picture) as image:
            _check_size(name, image)
            yield image
    except ImageError:
        raise
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        came, mend = DENIALS[type(error)]
        raise ImageError(f"{name} must be a file that can be read", came, mend) from error
    except UnidentifiedImageError as error:
        came = "a file of no known kind" if Path(picture).stat().st_size else "an empty file"
        raise ImageError(f"{name} must hold a picture", came, "save it as PNG or JPEG") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(name, "far more") from error
    except Exception as error:  # many types, from SyntaxError to struct.error: whatever the bytes lead it to
        came = f"a truncated or damaged one ({shown(str(error), 60)})"
        raise ImageError(f"{name} must be a whole picture", came, "fetch or write the file again") from error


def _check_size(name: str, image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(name, f"{image.width} x {image.height}")
    if image.width * image.height < 2:
        came = f"{image.width} x {image.height}"
        raise ImageError(f"{name} must have more than one pixel", came, "leave it out")


def _too_large(name: str, came: str) -> ImageError:
    mend = "if it is what you want, save it at a smaller size"
    return ImageError(f"{name} must have at most {MAX_PIXELS:,} pixels", came, mend)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # a damaged note beside a picture that may be whole
        return 1


def _draft(image: Image.Image, size: tuple[int, int], fit: Fit) -> None:
    """Let a large JPEG be decoded at a half, quarter or eighth, at least twice as large as it ends up."""
    height, width = within(image.height, image.width, (max(size), max(size)), fit)
    image.draft(None, (2 * width, 2 * height))


def _plain(image: Image.Image, channels: int, name: str) -> Image.Image:
    """The first frame in 8 bits, on white, as grey or colour."""
    wanted = "L" if channels == 1 else "RGB"
    if image.mode in DEEP:
        image = Image.fromarray(_shallow(image, name))
    elif image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image).convert("RGB")
    elif image.mode == "CMYK" and channels == 1:
        image = image.convert("RGB")
    return image if image.mode == wanted else image.convert(wanted)


def _shallow(image: Image.Image, name: str) -> np.ndarray:
    """Grey of 16 bits, or of floats from 0 to 1, in 8 bits."""
    pixels = np.asarray(image)
    low, high = float(pixels.min()), float(pixels.max())
    most = 1.0 if image.mode == "F" else 65535.0
    if not (low >= 0 and high <= most):
        expected = f"{name}, grey of mode {image.mode}, must hold numbers from 0 to {most:g}"
        raise ImageError(expected, f"{low:.4g} to {high:.4g}", "scale them")
    return np.rint(pixels.astype(np.float64) * (255 / most)).astype(np.uint8)
