import pytest
import torch
import torch.nn.functional as F

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.nets import CapsNet, CapsuleDecoder


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return CapsNet(n_outputs=4, side=(8, 9), maps=6, n_types=3, in_size=4, out_size=5)


@pytest.fixture
def decoder():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return CapsuleDecoder(4, 5, (1, 8, 9), hidden=(7, 11))


def test_capsule_networks_keep_the_layer_contract(network, decoder):
    check_layer(network, normal(3, 1, 8, 9), shape=(3, 4))
    check_layer(decoder, normal(3, 4, 5), torch.tensor([2, 0, 2]), shape=(3, 1, 8, 9))


def test_the_answer_is_the_length_of_routed_capsules_below_one(network):
    x = normal(2, 1, 8, 9)
    parts = network.primary(F.relu(network.convolution(x)))
    torch.testing.assert_close(network.parts(x), parts)
    vectors = network.routed(parts)
    torch.testing.assert_close(network.capsules(x), vectors)
    torch.testing.assert_close(network(x), (vectors**2).sum(2).sqrt())
    assert ((network(10 * x) > 0) & (network(10 * x) < 1)).all()


def test_the_couplings_of_each_part_of_a_picture_add_up_to_one(network):
    couplings = network.routed.couplings(network.parts(5 * normal(2, 1, 8, 9)))
    assert couplings.shape == (2, 3 * 2 * 3, 4)
    torch.testing.assert_close(couplings.sum(2), torch.ones(2, 18))
    assert couplings.std() > 1e-3


def test_the_published_network_has_the_papers_parameters():
    with torch.device("meta"):
        network, decoder = CapsNet.published(), CapsuleDecoder(10, 16, (1, 28, 28))
    counts = [sum(p.numel() for p in part.parameters()) for part in (network, decoder)]
    assert counts == [6_804_224, 1_411_344]  # the paper says 6.8 M, and 8.2 M with the decoder
    assert network.routed.weight.shape[:2] == (1152, 10)


def test_the_decoder_sees_the_shown_capsule_alone(decoder):
    capsules, shown = normal(3, 4, 5), torch.tensor([2, 0, 3])
    changed = capsules.clone()
    changed[torch.arange(3), (shown + 1) % 4] += 1
    torch.testing.assert_close(decoder(changed, shown), decoder(capsules, shown), rtol=0, atol=0)
    changed[torch.arange(3), shown] += 1
    assert ((decoder(changed, shown) - decoder(capsules, shown)).flatten(1).abs().amax(1) > 1e-4).all()
    several = torch.eye(4)[shown] + torch.eye(4)[(shown + 1) % 4]
    assert not torch.allclose(decoder(capsules, several), decoder(capsules, shown))


def test_without_a_class_the_decoder_draws_the_longest(decoder):
    capsules = normal(3, 4, 5)
    capsules[torch.arange(3), torch.tensor([1, 3, 0])] *= 10
    torch.testing.assert_close(decoder(capsules), decoder(capsules, torch.tensor([1, 3, 0])))


def test_pictures_of_another_size_are_named(network):
    with pytest.raises(InputError, match=r"pictures must be \(1, 8, 9\), got \(1, 9, 8\)"):
        network(normal(2, 1, 9, 8))
    with pytest.raises(InputError, match="5 x 5 or larger, got 4 x 8"):
        CapsNet(side=(4, 8))
