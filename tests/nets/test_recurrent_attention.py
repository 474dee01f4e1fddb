import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.losses import GlimpseLoss
from netwright.nets import MLP, RecurrentAttention

SIDE, BATCH, RATE = 32, 32, 3e-3
NEAR, EPOCHS, COPIES = 10, 50, 4
"""Passes over digits near the middle, then anywhere, and how often each stands in a batch."""


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def seeded(build, *args, **settings):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build(*args, **settings)


def test_recurrent_attention_keeps_the_layer_contract():
    network = seeded(RecurrentAttention, 3, size=3, n_glimpses=3, width=8, hidden=6)
    check_layer(network, normal(2, 1, 12, 10), shape=(2, 3))


def test_a_glimpse_and_the_state_are_the_formulas():
    network, x = (
        seeded(RecurrentAttention, 3, size=3, n_glimpses=2, width=8, hidden=6).eval(),
        normal(2, 1, 9, 9),
    )
    nn.init.normal_(network.mean.weight)
    state = torch.zeros(2, 6)
    place = torch.zeros(2, 2)
    for _ in range(2):
        what = network.what(F.relu(network.patches(network.sensor(x, place).flatten(1))))
        seen = F.relu(what + network.where(F.relu(network.place(place))))
        state = F.relu(network.state(state) + seen)
        place = torch.tanh(network.mean(state))
    looks = network(x)
    torch.testing.assert_close(looks.scores, network.fc(state))
    assert not looks.places[:, 0].any()


def test_places_are_drawn_around_their_means_in_training_with_their_log_density():
    network, x = (
        seeded(RecurrentAttention, 3, size=3, n_glimpses=2, width=8, hidden=6, spread=0.2),
        normal(1, 1, 9, 9),
    )
    nn.init.normal_(network.mean.weight, std=0.3)
    mean = network.eval()(x).places[0, 1]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        looks = network.train()(x.expand(5000, -1, -1, -1))
    drawn = looks.places[:, 1]
    torch.testing.assert_close(drawn.mean(0), mean, atol=0.02, rtol=0)
    torch.testing.assert_close(drawn.std(0), torch.full((2,), 0.2), atol=0.02, rtol=0)
    inside = (drawn.abs() < 1).all(1)  # a place beyond the edge is brought back to it
    assert inside.float().mean() > 0.9
    density = torch.distributions.Normal(mean, 0.2).log_prob(drawn).sum(1)
    torch.testing.assert_close(looks.log_probability[:, 0][inside], density[inside], atol=1e-4, rtol=1e-4)


def test_the_baseline_learns_for_itself_and_only_the_path_teaches_where_to_look():
    network, x = seeded(RecurrentAttention, 3, size=3, n_glimpses=3, width=8, hidden=6), normal(4, 1, 9, 9)
    nn.init.normal_(network.mean.weight)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        looks = network(x)
    parts = dict(network.named_parameters())

    def taught_by(answer):
        gradients = torch.autograd.grad(
            answer.sum(), list(parts.values()), allow_unused=True, retain_graph=True
        )
        return {name.split(".")[0] for name, g in zip(parts, gradients, strict=True) if g is not None}

    core = {"patches", "place", "what", "where", "state"}
    assert taught_by(looks.baseline) == {"expected"}
    assert taught_by(looks.log_probability) == core | {"mean"}
    assert taught_by(looks.scores) == core | {"fc"}


def scattered(pictures, generator, share=1.0):
    """Digits of 8 x 8, each somewhere on an empty picture, and where their middles are: (column, row).

    A share below one keeps them so much nearer to the middle.
    """
    away = share * (2 * torch.rand(len(pictures), 2, generator=generator) - 1)
    corner = ((SIDE - 8) / 2 * (1 + away)).round().long()
    steps = torch.arange(SIDE)
    column, row = steps - corner[:, :1], steps - corner[:, 1:]
    inside = ((column >= 0) & (column < 8))[:, None, :] & ((row >= 0) & (row < 8))[:, :, None]
    index = row.clamp(0, 7)[:, :, None] * 8 + column.clamp(0, 7)[:, None, :]
    canvas = pictures.flatten(1).gather(1, index.flatten(1)).unflatten(1, (SIDE, SIDE)) * inside
    return canvas[:, None], (corner + 4) / SIDE * 2 - 1


def learn(network, loss_of, pictures, target, *, epochs, copies=1, share=1.0, spread=lambda done: None):
    """Trains in place, on the digits of each epoch at new places."""
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        optimizer = torch.optim.AdamW(network.parameters(), lr=RATE)
        steps = epochs * -(-len(target) // BATCH)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.1)
        for epoch in range(epochs):
            network.spread = spread(epoch / epochs)
            x, _ = scattered(pictures, generator, share)
            for rows in torch.randperm(len(target), generator=generator).split(BATCH):
                rows = rows.repeat(copies)
                loss = loss_of(network.train()(x[rows]), target[rows])
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                schedule.step()
    return network.eval()


def looking(reward_weight):
    measure = GlimpseLoss(reward_weight)
    return lambda looks, target: measure(looks.scores, looks.log_probability, looks.baseline, target)


@pytest.fixture(scope="module")
def trained():
    """Both networks, and digits that they have not seen with their middles and classes."""
    X, y = load_digits(return_X_y=True)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    X, y = torch.from_numpy(X).float()[order] / 2, torch.from_numpy(y)[order]  # ink is far from the paper
    network = seeded(RecurrentAttention, size=8, n_scales=2, factor=4, n_glimpses=2, width=64, hidden=64)
    layers = seeded(lambda: nn.Sequential(nn.Flatten(), MLP(SIDE**2, 10, (18, 18))))
    known = X[:1300], y[:1300]
    learn(network, looking(0.0), *known, epochs=NEAR, copies=2, share=0.2, spread=lambda done: 0.15)
    learn(network, looking(1.0), *known, epochs=EPOCHS, copies=COPIES, spread=lambda done: 0.4 - 0.32 * done)
    learn(layers, F.cross_entropy, *known, epochs=2 * EPOCHS)
    x, middles = scattered(X[1300:], torch.Generator().manual_seed(1))
    return network, layers, x, middles, y[1300:]


def right(scores, target):
    return float((scores.argmax(1) == target).double().mean())


def test_it_finds_digits_wherever_they_are_and_tells_more_of_them_than_layers_of_the_same_size(trained):
    network, layers, x, middles, y = trained
    sizes = [sum(parameter.numel() for parameter in one.parameters()) for one in (network, layers)]
    assert abs(sizes[0] - sizes[1]) < 0.05 * sizes[0]
    with torch.no_grad():
        looks, scores = network(x), layers(x)
    assert right(looks.scores, y) > right(scores, y) + 0.1
    far = (looks.places - middles[:, None]).norm(dim=2).mean(0) * SIDE / 2  # in pixels, glimpse by glimpse
    assert far[0] > 8
    assert far[-1] < 4.5


def test_without_its_path_it_tells_half_as_many(trained):
    network, _, x, _, y = trained
    with torch.no_grad():
        followed = right(network(x).scores, y)
        kept = network.mean.weight.clone(), network.mean.bias.clone()
        for parameter in network.mean.parameters():
            parameter.zero_()
        stared = right(network(x).scores, y)
        network.mean.weight.copy_(kept[0])
        network.mean.bias.copy_(kept[1])
    assert stared < followed / 2


def test_pictures_of_other_channels_and_a_single_glimpse_are_named():
    with pytest.raises(InputError, match="1 channels, got 3"):
        seeded(RecurrentAttention)(normal(2, 3, 12, 12))
    with pytest.raises(InputError, match="n_glimpses must be 2 or more, got 1"):
        RecurrentAttention(n_glimpses=1)
