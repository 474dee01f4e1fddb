import pytest
import torch
from torch import nn

from netwright.contracts import check_layer
from netwright.nets import TabularNetwork

CARDINALITIES, SIZES, N_NUMBERS, HIDDEN = [4, 9, 3], [3, 5, 2], 6, (20, 10)
CATEGORIES = list(zip(CARDINALITIES, SIZES, strict=True))


def rows(n_rows=40, seed=0):
    generator = torch.Generator().manual_seed(seed)
    codes = [torch.randint(k, (n_rows, 1), generator=generator) for k in CARDINALITIES]
    return torch.cat([torch.randn(n_rows, N_NUMBERS, generator=generator), *codes], dim=1)


@pytest.mark.parametrize("settings", [{}, {"norm": nn.BatchNorm1d, "norm_after": True, "norm_numbers": True}])
def test_tabular_network_keeps_the_layer_contract(settings):
    network = TabularNetwork(N_NUMBERS, CATEGORIES, 2, HIDDEN, **settings)
    check_layer(network, rows(8), shape=(8, 2))


class PublishedTabularModel(nn.Module):
    """fastai's tabular model, rebuilt from torch: embeddings, then normalised numbers, then its LinBnDrop
    blocks (linear layer first, without a bias where a batch norm follows), and a plain last layer."""

    def __init__(self, emb_szs, n_cont, out_sz, layers, p):
        super().__init__()
        self.embeds = nn.ModuleList([nn.Embedding(levels, size) for levels, size in emb_szs])
        self.bn_cont = nn.BatchNorm1d(n_cont)
        width, blocks = sum(size for _, size in emb_szs) + n_cont, []
        for units in layers:
            blocks.append(
                nn.Sequential(
                    nn.Linear(width, units, bias=False), nn.ReLU(), nn.BatchNorm1d(units), nn.Dropout(p)
                )
            )
            width = units
        self.layers = nn.Sequential(*blocks, nn.Sequential(nn.Linear(width, out_sz)))

    def forward(self, x_cat, x_cont):
        embedded = [table(x_cat[:, column]) for column, table in enumerate(self.embeds)]
        return self.layers(torch.cat([*embedded, self.bn_cont(x_cont)], dim=1))


def lived(network):
    """The same network after some life: no weight and no running statistic is at its first value."""
    generator = torch.Generator().manual_seed(1)
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            drawn = torch.rand(tensor.shape, generator=generator)
            tensor.copy_(drawn + 0.5 if "running_var" in name else drawn - 0.5)
    return network


def ours_and_theirs(p=0.0):
    theirs = lived(PublishedTabularModel(CATEGORIES, N_NUMBERS, 2, list(HIDDEN), p))
    ours = TabularNetwork(
        N_NUMBERS, CATEGORIES, 2, HIDDEN,
        dropout=p, norm=nn.BatchNorm1d, norm_after=True, norm_numbers=True,
    )  # fmt: skip
    for mine, published in zip(ours.categories.tables, theirs.embeds, strict=True):
        mine.load_state_dict(published.state_dict())
    ours.norm_numbers.load_state_dict(theirs.bn_cont.state_dict())
    kinds = (nn.Linear, nn.BatchNorm1d)
    inner = [module for module in ours.mlp.modules() if isinstance(module, kinds)]
    outer = [module for module in theirs.layers.modules() if isinstance(module, kinds)]
    for mine, published in zip(inner, outer, strict=True):
        if isinstance(mine, nn.Linear) and published.bias is None:
            nn.init.zeros_(mine.bias)
        mine.load_state_dict(published.state_dict(), strict=published.bias is not None)
    return ours, theirs


@pytest.mark.parametrize("training", [False, True])
def test_the_output_is_that_of_fastais_tabular_model_with_the_same_weights(training):
    """In training, too, where batch norm takes the batch's own mean and variance."""
    x = rows()
    ours, theirs = (network.train(training) for network in ours_and_theirs())
    expected = theirs(x[:, N_NUMBERS:].long(), x[:, :N_NUMBERS])
    assert expected.std() > 0.1
    torch.testing.assert_close(ours(x), expected, atol=1e-5, rtol=0)


def test_dropout_falls_on_the_units_on_which_fastais_does():
    x = rows()
    ours, theirs = (network.train() for network in ours_and_theirs(p=0.5))
    with torch.random.fork_rng():
        torch.manual_seed(3)
        found = ours(x)
        torch.manual_seed(3)
        expected = theirs(x[:, N_NUMBERS:].long(), x[:, :N_NUMBERS])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_the_gradients_are_those_of_fastais_model():
    x = rows()
    ours, theirs = ours_and_theirs()
    ours(x).pow(2).mean().backward()
    theirs(x[:, N_NUMBERS:].long(), x[:, :N_NUMBERS]).pow(2).mean().backward()
    for mine, published in zip(ours.categories.tables, theirs.embeds, strict=True):
        torch.testing.assert_close(mine.weight.grad, published.weight.grad, atol=1e-5, rtol=1e-4)


def test_numbers_alone_and_categories_alone_make_a_network():
    x = rows()
    numbers = TabularNetwork(N_NUMBERS, [], 1, HIDDEN)
    torch.testing.assert_close(numbers(x[:, :N_NUMBERS]), numbers.mlp(x[:, :N_NUMBERS]))
    codes = TabularNetwork(0, CATEGORIES, 1, HIDDEN, norm_numbers=True)
    torch.testing.assert_close(codes(x[:, N_NUMBERS:]), codes.mlp(codes.categories(x[:, N_NUMBERS:])))
