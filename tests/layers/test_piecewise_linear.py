import itertools

import numpy as np
import pytest
import torch
from torch import nn

from netwright.contracts import check_layer
from netwright.layers import PiecewiseLinearEmbeddings, PiecewiseLinearEncoding

EDGES = [torch.tensor([0.0, 1.0, 3.0]), torch.tensor([-2.0, 2.0]), torch.tensor([0.0, 0.1, 0.2, 5.0])]


def some_numbers(n_rows=50, n_columns=3, seed=0):
    return 3 * torch.randn(n_rows, n_columns, generator=torch.Generator().manual_seed(seed))


def test_the_encoding_and_the_embeddings_keep_the_layer_contract():
    x = some_numbers(6)
    check_layer(PiecewiseLinearEncoding(EDGES), x, shape=(6, 3, 3))
    check_layer(PiecewiseLinearEmbeddings(EDGES, width=5), x, shape=(6, 3, 5))


def encode_by_the_papers_cases(value, edges):
    """Gorishniy et al. (2022), equation 1, case by case; beyond the outer edges the value is clipped."""
    code = []
    for lower, upper in itertools.pairwise(edges):
        if value < lower:
            code.append(0.0)
        elif value >= upper:
            code.append(1.0)
        else:
            code.append((value - lower) / (upper - lower))
    return code


def test_the_encoding_is_the_papers_formula():
    x = some_numbers()
    encoded = PiecewiseLinearEncoding(EDGES)(x)
    for column, edges in enumerate(EDGES):
        by_hand = [encode_by_the_papers_cases(value, edges.tolist()) for value in x[:, column].tolist()]
        n_bins = len(edges) - 1
        np.testing.assert_allclose(encoded[:, column, :n_bins].numpy(), by_hand, atol=1e-6)
        assert not encoded[:, column, n_bins:].any()  # bins that this column does not have


def test_the_encoding_is_continuous_and_has_the_slope_of_its_bin():
    edges = torch.tensor([0.0, 0.5, 2.0], dtype=torch.float64)
    layer = PiecewiseLinearEncoding([edges]).double()
    line = torch.linspace(-1, 3, 4001, dtype=torch.float64)[:, None]
    steps = layer(line).diff(dim=0).squeeze(1) / 0.001
    assert float(steps.max()) <= 2 + 1e-6  # 1 / the narrowest bin: no jump anywhere
    inside = (line[:-1, 0] > 0.5) & (line[1:, 0] < 2)
    torch.testing.assert_close(
        steps[inside, 1], torch.full((int(inside.sum()),), 1 / 1.5, dtype=torch.float64)
    )


def test_wild_values_are_clipped_to_the_outer_edges():
    layer = PiecewiseLinearEncoding(EDGES)
    wild = torch.tensor([[-1e9, -1e9, -1e9], [1e9, 1e9, 1e9]])
    assert not layer(wild)[0].any()
    assert layer(wild)[1].sum(1).tolist() == [2, 1, 3]


def test_the_bins_together_say_how_far_the_value_has_come():
    """Weighted by the width of the bins, the code adds up to the value itself: nothing is lost."""
    layer, x = PiecewiseLinearEncoding(EDGES[:1]), torch.linspace(0, 3, 31)[:, None]
    torch.testing.assert_close(layer(x)[:, 0] @ EDGES[0].diff(), x[:, 0])


@pytest.mark.parametrize("edges", [[1.0], [0.0, 0.0], [1.0, 0.0], [0.0, 2.0, 1.0]])
def test_edges_that_do_not_rise_are_refused_by_the_columns_number(edges):
    with pytest.raises(ValueError, match=r"edges\[1\] must be two or more rising numbers"):
        PiecewiseLinearEncoding([EDGES[0], torch.tensor(edges)])


def test_the_embeddings_are_a_linear_layer_of_the_encoding_and_the_number_for_each_column():
    layer, x = PiecewiseLinearEmbeddings(EDGES, width=4), some_numbers()
    nn.init.normal_(layer.bent)
    code = layer.encoding(x)
    for column in range(3):
        by_hand = (
            layer.offset[column]
            + x[:, column, None] * layer.slope[column]
            + code[:, column] @ layer.bent[column]
        )
        torch.testing.assert_close(layer(x)[:, column], by_hand)


def test_the_embeddings_begin_as_straight_lines():
    layer = PiecewiseLinearEmbeddings(EDGES[:1], width=4)
    values = layer(torch.linspace(-5, 5, 11)[:, None])[:, 0]
    torch.testing.assert_close(values.diff(dim=0), layer.slope.expand(10, 4))


def test_bins_that_a_column_lacks_never_learn():
    layer = PiecewiseLinearEmbeddings(EDGES, width=4)
    layer(some_numbers()).pow(2).sum().backward()
    assert layer.bent.grad[0, :2].abs().min() > 0
    assert not layer.bent.grad[0, 2:].any()
    assert not layer.bent.grad[1, 1:].any()


def test_a_sharp_bend_is_learned_exactly_where_a_line_fails():
    """A step between two edges is one weight of the encoding; a least-squares line misses most of it."""
    x = torch.linspace(0, 3, 301, dtype=torch.float64)[:, None]
    target = ((x - 1) / 0.1).clamp(0, 1)
    code = PiecewiseLinearEncoding([torch.tensor([0.0, 1.0, 1.1, 3.0], dtype=torch.float64)]).double()(x)[
        :, 0
    ]

    def error(inputs):
        inputs = torch.cat([inputs, torch.ones_like(x)], dim=1)
        fitted = inputs @ torch.linalg.lstsq(inputs, target).solution
        return float((fitted - target).pow(2).mean())

    assert error(code) < 1e-12
    assert error(x) > 0.03
