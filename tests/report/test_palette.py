"""Colours of lines and bars stand out in both themes, and for eyes that lack a cone."""

import itertools
import re
from importlib.resources import files

import numpy as np
import pytest

CSS = files("netwright.report").joinpath("templates/style.css").read_text()
# Machado, Oliveira and Fernandes (2009), doi:10.1109/TVCG.2009.113, full severity, on linear RGB
EYES = {
    "usual": [1, 0, 0, 0, 1, 0, 0, 0, 1],
    "no red": [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
    "no green": [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
    "no blue": [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
}  # fmt: skip
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def palette(theme):
    blocks = re.findall(r":root \{(.*?)\n\s*\}", CSS, re.DOTALL)
    return dict(re.findall(r"--([\w-]+): #([0-9a-f]{6});", blocks[("light", "dark").index(theme)]))


def linear(colour):
    value = np.array([int(colour[k : k + 2], 16) for k in (0, 2, 4)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    ratio = XYZ @ np.clip(rgb, 0, 1) / (XYZ @ np.ones(3))
    x, y, z = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_series_stands_out_from_the_card(theme):
    colours = palette(theme)
    light = {name: XYZ[1] @ linear(colour) for name, colour in colours.items()}
    for name in ("accent", *(f"s{k}" for k in range(1, 9))):
        high, low = max(light[name], light["card"]), min(light[name], light["card"])
        assert (high + 0.05) / (low + 0.05) >= 4.5, name


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_first_two_series_differ_for_every_eye(theme, eye):
    colours = palette(theme)
    seen = [lab(np.reshape(EYES[eye], (3, 3)) @ linear(colours[f"s{k}"])) for k in (1, 2)]
    assert np.linalg.norm(seen[0] - seen[1]) > 40


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_series_that_look_alike_to_some_eye_differ_in_their_dashes(theme):
    colours = palette(theme)
    dashes = {int(k): style for k, style in re.findall(r"\.line\.s(\d) \{ ([^}]*) \}", CSS)}
    for a, b in itertools.combinations(range(1, 9), 2):
        seen = [
            [lab(np.reshape(eye, (3, 3)) @ linear(colours[f"s{k}"])) for k in (a, b)] for eye in EYES.values()
        ]
        if min(np.linalg.norm(first - second) for first, second in seen) < 20:
            assert dashes.get(a) != dashes.get(b), (a, b)
