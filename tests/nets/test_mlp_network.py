import pytest
import torch
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from torch import nn

from netwright.contracts import check_layer
from netwright.nets import MLP


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"hidden": ()},
        {"activation": nn.SELU, "dropout": 0.1, "input_dropout": 0.1},
        {"norm": nn.BatchNorm1d, "dropout": 0.5},
        {"norm": nn.LayerNorm, "norm_after": True},
    ],
)
def test_mlp_keeps_the_layer_contract(settings):
    check_layer(MLP(5, 2, **{"hidden": (8, 6), **settings}), normal(7, 5), shape=(7, 2))


def linears(network):
    return [module for module in network.modules() if isinstance(module, nn.Linear)]


def take_weights(network, theirs):
    for layer, weight, bias in zip(linears(network), theirs.coefs_, theirs.intercepts_, strict=True):
        layer.weight.data, layer.bias.data = torch.tensor(weight.T), torch.tensor(bias)


@pytest.mark.parametrize(
    ("name", "activation"),
    [("relu", nn.ReLU), ("tanh", nn.Tanh), ("logistic", nn.Sigmoid), ("identity", nn.Identity)],
)
@pytest.mark.parametrize("hidden", [(9,), (8, 7, 6)])
def test_the_forward_pass_is_scikit_learns_with_the_same_weights(name, activation, hidden):
    X = normal(60, 5).double()
    y = X[:, :2] @ torch.tensor([[1.0], [-2.0]]).double()
    settings = {"hidden_layer_sizes": hidden, "activation": name, "max_iter": 5, "random_state": 0}
    with pytest.warns(match="Maximum iterations"):
        theirs = TheirRegressor(**settings).fit(X.numpy(), y[:, 0].numpy())
    network = MLP(5, 1, hidden, activation).double()
    take_weights(network, theirs)
    expected = torch.from_numpy(theirs.predict(X.numpy()))
    torch.testing.assert_close(network(X)[:, 0], expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_its_logits_are_scikit_learns_probabilities_with_the_same_weights(n_classes):
    X = normal(60, 5).double()
    y = torch.arange(60) % n_classes
    with pytest.warns(match="Maximum iterations"):
        theirs = TheirClassifier((9,), max_iter=5, random_state=0).fit(X.numpy(), y.numpy())
    network = MLP(5, 1 if n_classes == 2 else 3, (9,)).double()
    take_weights(network, theirs)
    logits = network(X)
    found = logits.sigmoid()[:, 0] if n_classes == 2 else logits.softmax(1)
    expected = torch.from_numpy(theirs.predict_proba(X.numpy()))
    torch.testing.assert_close(found, expected[:, 1] if n_classes == 2 else expected, atol=1e-6, rtol=0)


def test_without_hidden_layers_it_is_a_linear_model():
    network, x = MLP(5, 2, hidden=()), normal(6, 5)
    (layer,) = linears(network)
    torch.testing.assert_close(network(x), x @ layer.weight.T + layer.bias)


def test_the_norm_stands_before_the_activation_or_after_it():
    def order(**settings):
        network = MLP(3, 1, (4,), dropout=0.5, input_dropout=0.2, norm=nn.BatchNorm1d, **settings)
        return [type(module).__name__ for module in network.layers]

    assert order() == ["Dropout", "Linear", "BatchNorm1d", "ReLU", "Dropout", "Linear"]
    assert order(norm_after=True) == ["Dropout", "Linear", "ReLU", "BatchNorm1d", "Dropout", "Linear"]


def moments_through(network, x):
    found = []
    for module in network.layers:
        x = module(x)
        if isinstance(module, (nn.SELU, nn.ReLU, nn.Tanh)):
            found.append((x.mean().item(), x.var().item()))
    return found


def test_selu_keeps_mean_zero_and_variance_one_through_eight_layers():
    """The self-normalising property of Klambauer et al. (2017); ReLU nets lose it in the first layers."""
    x = normal(2000, 256)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        for dropout in (0.0, 0.1):  # alpha dropout keeps it in training, too
            network = MLP(256, 1, (256,) * 8, nn.SELU, dropout=dropout).train()
            for mean, variance in moments_through(network, x):
                assert abs(mean) < 0.1
                assert abs(variance - 1) < 0.15
        mean, variance = moments_through(MLP(256, 1, (256,) * 8, nn.ReLU), x)[-1]
        assert variance < 0.01


def test_selu_draws_strange_moments_back_to_its_fixed_point():
    """Theorem 1 of the paper: (0, 1) attracts; what begins at mean 0.3 and variance 0.6 ends near it."""
    x = 0.3 + 0.6**0.5 * normal(2000, 256)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        found = moments_through(MLP(256, 1, (256,) * 8, nn.SELU), x)
    first, last = found[0], found[-1]
    assert abs(last[1] - 1) < abs(first[1] - 1)
    assert abs(last[0]) < 0.1


def test_selu_starts_with_lecuns_weights_and_the_others_with_torchs():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        first = linears(MLP(400, 1, (300,), nn.SELU))[0]
        other = linears(MLP(400, 1, (300,)))[0]
    assert abs(first.weight.std().item() - 400**-0.5) < 0.001
    assert not first.bias.any()
    assert other.weight.abs().max().item() <= 400**-0.5
