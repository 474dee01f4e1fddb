import torch
from torch import nn

from netwright.contracts import check_layer
from netwright.layers import CategoryEmbeddings, ColumnsSideBySide


def test_columns_side_by_side_keep_the_layer_contract():
    x = torch.cat([torch.randn(6, 2), torch.arange(6.0)[:, None] % 3], dim=1)
    check_layer(ColumnsSideBySide(CategoryEmbeddings([3], [4]), 2, nn.LayerNorm(2)), x, shape=(6, 6))


def test_the_vectors_come_first_and_the_numbers_pass_what_is_given():
    layer = ColumnsSideBySide(CategoryEmbeddings([3], [4]), 2, nn.Tanh())
    x = torch.tensor([[0.5, -1.0, 2.0]])
    by_hand = torch.cat([layer.categories.tables[0].weight[2], torch.tensor([0.5, -1.0]).tanh()])
    torch.testing.assert_close(layer(x)[0], by_hand)
