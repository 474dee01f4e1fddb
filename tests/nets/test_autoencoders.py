"""Networks that give back what they were shown, and two that say how badly they do."""

import pytest
import torch
from torch import nn

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import Standardise
from netwright.nets import (
    AutoencoderNetwork,
    ConvDecoder,
    ConvEncoder,
    Hypersphere,
    ReconstructionError,
    TiedAutoencoderNetwork,
    TwinNetwork,
)
from netwright.nets.autoencoder import dense_autoencoder

torch.manual_seed(0)


def test_they_keep_the_layer_contract():
    table, pictures = torch.randn(4, 6), torch.randn(4, 3, 5, 7)
    parts = ConvEncoder((3, 5, 7), 2, (4,)), ConvDecoder((3, 5, 7), 2, (4,))
    front = Standardise([0.1, 0.2, 0.3], [1.0, 2.0, 3.0])
    check_layer(AutoencoderNetwork(*parts, front=front), pictures, shape=(4, 3, 5, 7))
    check_layer(TwinNetwork(nn.Linear(6, 2), unit_length=True), table, shape=(4, 2))
    check_layer(AutoencoderNetwork(*dense_autoencoder((6,), 2, (4,))), table, shape=(4, 6))
    check_layer(TiedAutoencoderNetwork(6, 2, (4,)), table, shape=(4, 6))
    check_layer(ReconstructionError(*dense_autoencoder((6,), 2, (4,))), table, shape=(4, 1))
    check_layer(Hypersphere(nn.Linear(6, 2, bias=False), 2), table, shape=(4, 1))
    check_layer(ConvEncoder((3, 5, 7), 2, (4, 4)), pictures, shape=(4, 2))
    check_layer(ConvDecoder((3, 5, 7), 2, (4, 4)), torch.randn(4, 2), shape=(4, 3, 5, 7))


def test_an_autoencoder_standardises_and_goes_back():
    front = Standardise([3.0, 5.0], [2.0, 4.0])
    network = AutoencoderNetwork(nn.Flatten(), nn.Unflatten(1, (2, 4, 4)), front=front)
    x = torch.randint(0, 256, (3, 2, 4, 4), dtype=torch.uint8)
    torch.testing.assert_close(network.standardise(x)[:, 1], (x[:, 1].float() - 5) / 4)
    torch.testing.assert_close(network(x), x.float())


def test_corruption_is_seen_by_the_encoder_alone_and_in_training_alone():
    network = AutoencoderNetwork(nn.Identity(), nn.Identity(), corruption=nn.Dropout(0.5))
    x = torch.ones(50, 4)
    assert (network.train().encode(x) == 0).any()
    assert torch.equal(network.eval().encode(x), x)
    assert torch.equal(network.train().standardise(x), x)


def test_a_reconstruction_error_is_the_mean_of_squared_differences_behind_the_front():
    encoder, decoder = dense_autoencoder((6,), 2, ())
    front = Standardise([1.0] * 6, [2.0] * 6)
    x = torch.randn(5, 6)
    seen = (x - 1) / 2
    by_hand = (seen - decoder(encoder(seen))).square().mean(1, keepdim=True)
    torch.testing.assert_close(ReconstructionError(encoder, decoder, front)(x), by_hand)


def test_a_hypersphere_measures_from_the_mean_code_but_never_from_the_origin():
    encoder = nn.Linear(3, 2, bias=False)
    encoder.weight.data = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1e-3, 0.0]])
    sphere = Hypersphere(encoder, 2)
    x = torch.tensor([[1.0, -1.0, 0.0], [3.0, -3.0, 0.0]])
    sphere.fit_centre(x)
    torch.testing.assert_close(sphere.centre, torch.tensor([2.0, -0.1]))
    by_hand = torch.tensor([[1 + 0.099**2], [1 + 0.097**2]])
    torch.testing.assert_close(sphere(x), by_hand)


@pytest.mark.parametrize("encoder", [nn.Linear(3, 2), nn.Sequential(nn.Linear(3, 2, bias=False), nn.Tanh())])
def test_a_hypersphere_refuses_what_could_send_all_rows_to_its_centre(encoder):
    with pytest.raises(InputError, match="no bias and no bounded activation"):
        Hypersphere(encoder, 2)


def test_a_stage_less_coder_is_refused():
    with pytest.raises(InputError, match="channels"):
        ConvEncoder((1, 8, 8), 2, ())
