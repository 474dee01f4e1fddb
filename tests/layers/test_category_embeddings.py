import torch
from torch import nn

from netwright.contracts import check_layer
from netwright.layers import CategoryEmbeddings


def codes_of(cardinalities, n_rows=40, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.stack(
        [torch.randint(k, (n_rows,), generator=generator) for k in cardinalities], dim=1
    ).float()


def test_category_embeddings_keep_the_layer_contract():
    check_layer(CategoryEmbeddings([3, 7], [2, 4]), codes_of([3, 7], 6), shape=(6, 6))
    counted = CategoryEmbeddings([3, 7], [2, 4], [torch.ones(3), torch.arange(7)], shrinkage=2.0, dropout=0.5)
    check_layer(counted, codes_of([3, 7], 6), shape=(6, 6))


def test_the_vectors_are_those_of_torchs_embeddings_side_by_side():
    layer, codes = CategoryEmbeddings([3, 7, 2], [2, 4, 1]), codes_of([3, 7, 2])
    theirs = [nn.Embedding.from_pretrained(table.weight) for table in layer.tables]
    by_torch = torch.cat([table(codes[:, j].long()) for j, table in enumerate(theirs)], dim=1)
    assert torch.equal(layer(codes), by_torch)


def test_a_lookup_is_a_linear_layer_on_one_hot_columns():
    """Guo and Berkhahn's equation 4: embedding is a matrix product with the one-hot row."""
    layer, codes = CategoryEmbeddings([3, 7], [2, 4]), codes_of([3, 7])
    one_hot = [nn.functional.one_hot(codes[:, j].long(), k).float() for j, k in enumerate([3, 7])]
    products = [x @ table.weight for x, table in zip(one_hot, layer.tables, strict=True)]
    torch.testing.assert_close(layer(codes), torch.cat(products, dim=1))


def test_rare_levels_are_drawn_to_zero_as_by_hand():
    counts = [torch.tensor([0, 5, 95])]
    layer = CategoryEmbeddings([3], [2], counts, shrinkage=5.0)
    vectors = layer(torch.tensor([[0.0], [1.0], [2.0]]))
    by_hand = torch.tensor([[0.0], [0.5], [0.95]]) * layer.tables[0].weight
    torch.testing.assert_close(vectors, by_hand)


def test_without_shrinkage_only_levels_that_nobody_saw_are_zero():
    layer = CategoryEmbeddings([2], [3], [torch.tensor([0, 1])], shrinkage=0.0)
    vectors = layer(torch.tensor([[0.0], [1.0]]))
    assert torch.equal(vectors[0], torch.zeros(3))
    assert torch.equal(vectors[1], layer.tables[0].weight[1])


def test_a_shrunk_level_learns_slower_by_its_share():
    layer = CategoryEmbeddings([2], [1], [torch.tensor([1, 3])], shrinkage=1.0)
    layer(torch.tensor([[0.0], [1.0]])).sum().backward()
    torch.testing.assert_close(layer.tables[0].weight.grad, torch.tensor([[0.5], [0.75]]))


def test_vectors_start_with_about_length_one_whatever_their_size():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for size in (4, 64):
            lengths = CategoryEmbeddings([2000], [size]).tables[0].weight.detach().pow(2).sum(1)
            assert abs(float(lengths.mean()) - 1) < 0.05
