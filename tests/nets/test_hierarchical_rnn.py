import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.nets import HierarchicalRNN
from netwright.optim import OneCycle
from netwright.training import TensorSamples, Training
from netwright.training.objective import Supervised


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def seeded(**settings):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return HierarchicalRNN(**settings)


def test_a_hierarchical_network_keeps_the_layer_contract():
    check_layer(seeded(n_outputs=3, channels=2, width=5, hidden=4), normal(2, 2, 4, 5), shape=(2, 3))


def test_it_is_torchs_lstm_along_each_row_with_the_same_weights_and_torchs_lstm_over_the_rows():
    network, x = seeded(n_outputs=3, channels=2, width=5, hidden=4), normal(2, 2, 6, 7)
    along, over = nn.LSTM(2, 5, batch_first=True), nn.LSTM(5, 4, batch_first=True)
    for theirs, ours in ((along, network.rows.layer.cells[0]), (over, network.picture.cells[0])):
        theirs.load_state_dict({f"{name}_l0": value for name, value in ours.state_dict().items()})
    rows = [along(x[:, :, row].transpose(1, 2))[0][:, -1] for row in range(6)]
    by_hand = network.fc(over(torch.stack(rows, 1))[0][:, -1])
    torch.testing.assert_close(network(x), by_hand)


def test_the_weights_of_rows_do_not_grow_with_the_rows_and_their_order_counts():
    network, x = seeded(), normal(2, 1, 6, 7)
    assert sum(p.numel() for p in network.rows.parameters()) == 4 * 64 * (1 + 64 + 2)
    assert not torch.allclose(network(x), network(x.flip(2)))
    assert not torch.allclose(network(x), network(x.flip(3)))


def test_rows_and_then_columns_tell_over_97_per_cent_of_digits():
    X, y = load_digits(return_X_y=True)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    X, y = torch.from_numpy(X).float().reshape(-1, 1, 8, 8)[order] / 16, torch.from_numpy(y)[order]
    network = seeded()
    recipe = Training(
        epochs=40, batch_size=32, learning_rate=5e-3, schedule=OneCycle(), validation=0.0, threads=1
    )
    recipe.run(network, Supervised(nn.CrossEntropyLoss()), TensorSamples(X[:1300], y[:1300]))
    with torch.no_grad():
        assert (network.eval()(X[1300:]).argmax(1) == y[1300:]).double().mean() > 0.97


def test_pictures_of_other_channels_are_named():
    with pytest.raises(InputError, match="1 channels, got 3"):
        seeded()(normal(2, 3, 4, 4))
