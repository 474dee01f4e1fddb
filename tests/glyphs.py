"""Letters in twelve typefaces, turned, moved and resized: real shapes, many classes, few pictures of each.

The typefaces are DejaVu's, which come with matplotlib.
"""

import functools
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"
FACES = [
    f"DejaVu{family}{style}"
    for family, styles in {
        "Sans": ("", "-Bold", "-Oblique", "-BoldOblique"),
        "SansMono": ("", "-Bold", "-Oblique", "-BoldOblique"),
        "Serif": ("", "-Bold", "-Italic", "-BoldItalic"),
    }.items()
    for style in styles
]
LATIN_AND_GREEK = "ABCDEFGHJKLMNPQRSTUVWXYZabdefghijkmnqrtuyαβγδεζηθλμξπφψωΓΔΘΛΞΠΣΦΨΩ23456789"  # noqa: RUF001
ARMENIAN = "ԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՓՔՖաբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցփքֆ"
CYRILLIC = "БДЖЗИЛУЦЧШЩЪЫЬЭЮЯЂЉЊЋджийлцчшщъыэюя"


@functools.cache
def font(face, size):
    return ImageFont.truetype(str(FONTS / f"{face}.ttf"), size)


def draw(letter, face, rng, side=20, pose=1.0):
    """One picture of a letter, turned by up to 25 degrees, moved by up to 3 pixels, of 12 to 16 pixels.

    A pose below one holds it as much stiller.
    """
    image = Image.new("L", (48, 48))
    pen = ImageDraw.Draw(image)
    size = int(rng.integers(round(14 - 2 * pose), round(14 + 2 * pose) + 1))
    pen.text((24, 24), letter, font=font(face, size), fill=255, anchor="mm")
    image = image.rotate(rng.uniform(-25 * pose, 25 * pose), resample=Image.Resampling.BILINEAR)
    reach = round(3 * pose)
    left, top = (14 + rng.integers(-reach, reach + 1, 2)).tolist()
    return np.asarray(image.crop((left, top, left + side, top + side)))


@functools.cache
def alphabet(letters, shots, seed, pose=1.0):
    """Pictures (rows, side, side) and the letters that they show; each shot is in another typeface."""
    rng = np.random.default_rng(seed)
    drawn, shown = [], []
    for letter in letters:
        for face in (rng.permutation(FACES * 2) if shots > len(FACES) else rng.permutation(FACES))[:shots]:
            drawn.append(draw(letter, face, rng, pose=pose))
            shown.append(letter)
    return np.stack(drawn), np.array(shown)
