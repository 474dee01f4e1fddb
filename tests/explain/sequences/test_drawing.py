import re
import xml.etree.ElementTree as ET

import pytest
import torch

from netwright.core.errors import InputError
from netwright.explain import attention_svg, coloured_series, coloured_text

SVG = "{http://www.w3.org/2000/svg}"


def shades(text):
    return [(red, float(share)) for red, share in re.findall(r"rgba\((\d+),\d+,\d+,([\d.]+)\)", text)]


def test_tokens_are_red_above_0_and_blue_below_and_nothing_in_them_is_markup():
    page = coloured_text(["a", "<b>", "c"], torch.tensor([1.0, -0.5, 0.0]))
    assert shades(page) == [("220", 0.75), ("20", 0.38), ("220", 0.0)]
    assert re.sub("<[^>]*>", "", page) == "a &lt;b&gt; c"
    with pytest.raises(InputError, match="one for each token"):
        coloured_text(["a"], [1.0, 2.0])


def test_a_series_is_a_line_on_a_ground_of_a_colour_for_each_step():
    tree = ET.fromstring(coloured_series([0.0, 2.0, 1.0], [0.5, -1.0, 0.0], width=300, height=108))
    ground, line = tree.findall(f"{SVG}rect"), tree.find(f"{SVG}polyline")
    assert [float(one.get("x")) for one in ground] == [0.0, 100.0, 200.0]
    assert shades("".join(one.get("fill") for one in ground)) == [("220", 0.38), ("20", 0.75), ("220", 0.0)]
    assert line.get("points") == "50.00,104.00 150.00,4.00 250.00,54.00"  # upside down, as pixels are counted
    with pytest.raises(InputError, match="equally long"):
        coloured_series([0.0, 1.0], [0.0])
    with pytest.raises(InputError, match="finite numbers"):
        coloured_series([0.0, float("nan")], [0.0, 1.0])


def test_an_attention_is_a_table_whose_darkest_cell_is_the_largest_weight():
    weights = torch.tensor([[0.2, 0.8, 0.0], [0.4, 0.2, 0.4]])
    tree = ET.fromstring(attention_svg(weights, ["a&b", "c"], ["d", "e", "f"]))
    cells = tree.findall(f"{SVG}rect")
    assert [share for _, share in shades("".join(one.get("fill") for one in cells))] == [
        0.25,
        1,
        0,
        0.5,
        0.25,
        0.5,
    ]
    assert cells[1].find(f"{SVG}title").text == "a&b looks at e: 0.8"
    assert [one.text for one in tree.findall(f"{SVG}text")] == ["a&b", "c", "d", "e", "f"]
    with pytest.raises(InputError, match="not below 0"):
        attention_svg(-weights, ["a", "b"], ["d", "e", "f"])
