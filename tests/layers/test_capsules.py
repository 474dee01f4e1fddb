import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.special import softmax

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import PrimaryCapsules, RoutedCapsules, squash


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def squashed(s):
    length = np.linalg.norm(s, axis=-1, keepdims=True)
    return length**2 / (1 + length**2) * s / length


def routed(weight, u, n_iterations):
    """Procedure 1 of the paper for one sample, capsule by capsule."""
    n_in, n_out = weight.shape[:2]
    predicted = [[weight[i, j] @ u[i] for j in range(n_out)] for i in range(n_in)]
    b = np.zeros((n_in, n_out))
    for _ in range(n_iterations):
        c = softmax(b, axis=1)
        v = [squashed(sum(c[i, j] * predicted[i][j] for i in range(n_in))) for j in range(n_out)]
        b = b + [[predicted[i][j] @ v[j] for j in range(n_out)] for i in range(n_in)]
    return np.stack(v)


def test_capsules_keep_the_layer_contract():
    torch.manual_seed(0)
    check_layer(PrimaryCapsules(3, 2, 4, 3), drawn(2, 3, 7, 8).float(), shape=(2, 18, 4))
    check_layer(RoutedCapsules(6, 4, 3, 5), drawn(2, 6, 4).float(), shape=(2, 3, 5))


def test_squash_is_the_formula_and_keeps_lengths_below_one():
    s = drawn(50, 4) * torch.logspace(-3, 3, 50, dtype=torch.float64)[:, None]
    np.testing.assert_allclose(squash(s), squashed(s.numpy()), rtol=1e-10)
    assert squash(s).norm(dim=1).max() < 1
    torch.testing.assert_close(squash(torch.tensor([0.0, 0.0, 2.0])), torch.tensor([0.0, 0.0, 0.8]))


def test_the_gradient_of_squash_is_zero_at_zero_and_that_of_finite_differences_elsewhere():
    zero = torch.zeros(2, 3, requires_grad=True)
    squash(zero).sum().backward()
    assert (zero.grad == 0).all()
    assert torch.autograd.gradcheck(squash, drawn(4, 3).requires_grad_())


def test_primary_capsules_are_squashed_groups_of_maps_at_each_place():
    torch.manual_seed(0)
    layer, x = PrimaryCapsules(3, n_types=2, size=4, kernel_size=3, stride=2).double(), drawn(2, 3, 7, 9)
    maps = F.conv2d(x, layer.convolution.weight, layer.convolution.bias, stride=2).detach().numpy()
    expected = [
        squashed(maps[:, 4 * kind : 4 * kind + 4, i, j])
        for kind in range(2)
        for i in range(3)
        for j in range(4)
    ]
    np.testing.assert_allclose(layer(x).detach(), np.stack(expected, axis=1), rtol=1e-10)


@pytest.mark.parametrize("n_iterations", [1, 2, 3, 5])
def test_routing_is_the_procedure_of_the_paper(n_iterations):
    torch.manual_seed(0)
    layer, u = RoutedCapsules(6, 4, 3, 5, n_iterations).double(), drawn(2, 6, 4)
    with torch.no_grad():
        layer.weight *= 10  # so that predictions agree and differ by much
    weight = layer.weight.detach().numpy()
    expected = np.stack([routed(weight, one, n_iterations) for one in u.numpy()])
    np.testing.assert_allclose(layer(u).detach(), expected, rtol=1e-10)


@pytest.mark.parametrize("n_iterations", [1, 2, 4])
def test_the_couplings_of_each_capsule_below_add_up_to_one_and_make_the_answer(n_iterations):
    torch.manual_seed(0)
    layer, u = RoutedCapsules(6, 4, 3, 5, n_iterations).double(), 3 * drawn(2, 6, 4)
    couplings = layer.couplings(u)
    assert couplings.shape == (2, 6, 3)
    torch.testing.assert_close(couplings.sum(2), torch.ones(2, 6).double())
    assert bool((couplings.std(2) > 1e-3).all()) == (n_iterations > 1)  # at first all are heard alike
    predicted = torch.einsum("ijdk,bik->bijd", layer.weight, u)
    torch.testing.assert_close(layer(u), squash((couplings[..., None] * predicted).sum(1)))


def test_the_gradient_goes_through_the_routing():
    torch.manual_seed(0)
    layer = RoutedCapsules(4, 3, 2, 3).double()

    def call(weight, u):
        return torch.func.functional_call(layer, {"weight": weight}, u)

    assert torch.autograd.gradcheck(
        call, (drawn(4, 2, 3, 3).requires_grad_(), drawn(2, 4, 3).requires_grad_())
    )


def test_capsules_that_agree_are_heard():
    """Planted: to the first capsule five of six predict the same, to the second each something else."""
    layer, u = RoutedCapsules(6, 6, 2, 6, n_iterations=1).double(), torch.eye(6).double()[None]
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[:5, 0, 0, :5] = 1.0
        layer.weight[5, 0, 1, 5] = 1.0
        layer.weight[range(6), 1, range(6), range(6)] = 1.0
    lengths = []
    for n_iterations in (1, 3):
        layer.n_iterations = n_iterations
        lengths.append(layer(u).norm(dim=2)[0])
    assert lengths[1][0] > lengths[0][0]
    assert lengths[1][1] < lengths[0][1]


def test_weights_begin_at_a_tenth_of_the_normal_distribution():
    torch.manual_seed(0)
    assert abs(RoutedCapsules(100, 8, 10, 16).weight.std() - 0.1) < 0.002


def test_no_iteration_at_all_is_named():
    with pytest.raises(InputError, match="at least 1, got 0"):
        RoutedCapsules(4, 3, 2, 3, n_iterations=0)


def test_by_default_it_is_the_network_of_the_paper():
    primary = PrimaryCapsules(256)
    assert primary(torch.zeros(1, 256, 20, 20)).shape == (1, 32 * 6 * 6, 8)
    assert primary.convolution.kernel_size == (9, 9)
    assert RoutedCapsules(4, 3, 2, 3).n_iterations == 3
