"""The Hopfield, the Jordan and the echo state network."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression, Ridge

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.nets import EchoStateNetwork, HopfieldNetwork, JordanNetwork


def seeded(build, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build()


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def signs(*shape, seed=0):
    return torch.where(normal(*shape, seed=seed) > 0, 1.0, -1.0)


def test_the_classic_networks_keep_the_layer_contract():
    hopfield = HopfieldNetwork(n_units=6, n_sweeps=2)
    hopfield.store(signs(2, 6))
    check_layer(hopfield, signs(3, 6, seed=1), shape=(3, 6))
    mask = torch.tensor([[True, True, True, True], [True, True, False, False]])
    for network in (
        seeded(lambda: JordanNetwork(3, 2, hidden=5)),
        seeded(lambda: EchoStateNetwork(3, 2, hidden=10, density=0.5)),
    ):
        check_layer(network, normal(2, 4, 3), None, shape=(2, 4, 2), compiles=False, exports=False)
        check_layer(network, normal(2, 4, 3), mask, shape=(2, 4, 2))


def recall(load, n_units=400, damage=0.1):
    """How much what is recalled agrees with what was stored, from -1 to 1, for each pattern."""
    patterns = signs(round(load * n_units), n_units)
    network = HopfieldNetwork(n_units)
    network.store(patterns)
    hit = torch.rand(patterns.shape, generator=torch.Generator().manual_seed(1)) < damage
    damaged = torch.where(hit, -patterns, patterns)
    return (network(damaged[:40]) * patterns[:40]).mean(1)


def test_planted_patterns_are_recalled_below_a_load_of_0_138_and_lost_above_it():
    assert (recall(0.05) == 1).float().mean() > 0.95
    assert recall(0.1).mean() > 0.95
    assert recall(0.25).mean() < 0.6
    assert recall(0.4).mean() < 0.6


def test_no_step_of_a_recall_raises_the_energy_and_patterns_are_states_of_rest():
    network, patterns = HopfieldNetwork(60, n_sweeps=1), signs(4, 60)
    network.store(patterns)
    by_hand = sum(torch.outer(one, one) for one in patterns)
    torch.testing.assert_close(network.weight, by_hand - by_hand.diagonal().diag())
    assert torch.equal(network(patterns), patterns)
    x = signs(20, 60, seed=1)
    energies = [network.energy(x)]
    for _ in range(5):
        x = network(x)
        energies.append(network.energy(x))
    assert (torch.stack(energies).diff(dim=0) <= 0).all()
    assert torch.equal(network(x), x)


def test_a_unit_that_nothing_pulls_stays_and_unknown_numbers_are_filled_in():
    network, patterns = HopfieldNetwork(50), signs(2, 50)
    assert torch.equal(network(patterns), patterns)  # nothing is stored
    network.store(patterns)
    known = torch.where(torch.arange(50) < 25, patterns, 0.0)
    assert torch.equal(network(known), patterns)
    with pytest.raises(InputError, match="-1 and 1"):
        network.store(torch.zeros(1, 50))


def test_a_jordan_network_is_its_formula_step_by_step():
    network, x = seeded(lambda: JordanNetwork(3, 2, hidden=5, memory=0.7)).double(), normal(2, 6, 3).double()
    cell = network.steps.cells[0]
    s, found = torch.zeros(2, 2, dtype=torch.float64), network(x)
    for t in range(6):
        hidden = torch.tanh(x[:, t] @ cell.read.weight.T + cell.read.bias + s @ cell.recall.weight.T)
        y = hidden @ cell.out.weight.T + cell.out.bias
        torch.testing.assert_close(found[:, t], y)
        s = 0.7 * s + y


def test_a_jordan_network_carries_out_plans_that_stay_the_same_from_step_to_step():
    plans = torch.eye(2)[:, None].expand(2, 6, 2)
    wanted = torch.stack([torch.eye(4)[[0, 1, 2, 1, 0, 3]], torch.eye(4)[[3, 0, 0, 2, 1, 2]]])
    network = seeded(lambda: JordanNetwork(2, 4, hidden=32))
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    for _ in range(800):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(network(plans), wanted).backward()
        optimizer.step()
    assert torch.equal(network(plans).argmax(2), wanted.argmax(2))


def test_the_readout_of_an_echo_state_network_is_scikit_learns_ridge():
    network = seeded(lambda: EchoStateNetwork(2, 3, hidden=40)).double()
    x, target = normal(4, 80, 2).double(), normal(4, 80, 3, seed=1).double()
    network.solve_readout(x, target, ridge=0.3, washout=20)
    echoes = network.echoes(x)[:, 20:].flatten(0, 1).numpy()
    ridge = Ridge(alpha=0.3).fit(echoes, target[:, 20:].flatten(0, 1).numpy())
    np.testing.assert_allclose(network.readout.weight.detach(), ridge.coef_, atol=1e-6)
    np.testing.assert_allclose(network.readout.bias.detach(), ridge.intercept_, atol=1e-6)
    found = network(x)[:, 20:].flatten(0, 1).detach()
    np.testing.assert_allclose(found, ridge.predict(echoes), atol=1e-6)


def test_padded_steps_do_not_enter_the_readout():
    build = lambda: EchoStateNetwork(1, 1, hidden=20)  # noqa: E731
    network, alone = seeded(build), seeded(build)
    x, target = normal(2, 30, 1), normal(2, 30, 1, seed=1)
    mask = torch.arange(30) < torch.tensor([[30], [0]])
    x[1], target[1] = torch.nan, torch.nan
    network.solve_readout(x, target, washout=5, mask=mask)
    alone.solve_readout(x[:1], target[:1], washout=5)
    torch.testing.assert_close(network.readout.weight, alone.readout.weight)
    with pytest.raises(InputError, match="longer than washout"):
        network.solve_readout(x, target, washout=30)


def test_a_reservoir_is_a_leaky_recurrence_of_the_radius_asked_for_that_forgets_how_it_began():
    network = seeded(lambda: EchoStateNetwork(1, 1, hidden=50, radius=0.8, leak=0.6)).double()
    cell, x = network.reservoir.cells[0], normal(1, 200, 1).double()
    radius = torch.linalg.eigvals(cell.recurring).abs().max()
    torch.testing.assert_close(radius, torch.tensor(0.8).double(), rtol=1e-5, atol=0.0)
    state = torch.zeros(1, 50).double()
    for t in range(3):
        pull = x[:, t] @ cell.reading.T + cell.offset + state @ cell.recurring.T
        state = 0.4 * state + 0.6 * torch.tanh(pull)
        torch.testing.assert_close(network.echoes(x)[:, t, 1:], state)
    other = network.echoes(x, (torch.ones(1, 50).double(),))
    assert (other - network.echoes(x))[:, -1].abs().max() < 1e-6
    assert (other - network.echoes(x))[:, 0].abs().max() > 0.1


def test_an_echo_state_network_foretells_a_chaotic_series_three_times_better_than_a_line_through_its_past():
    series = [0.4]
    for _ in range(600):
        series.append(3.9 * series[-1] * (1 - series[-1]))  # the logistic map
    x = torch.tensor(series)[None, :, None]
    x = x[:, :-1] + 0.5 * x[:, 1:]  # of which two steps are mixed, so that a memory is needed
    network = seeded(lambda: EchoStateNetwork(1, 1, hidden=150, input_scale=1.0))
    network.solve_readout(x[:, :399], x[:, 1:400], washout=50)
    error = (network(x[:, :-1]) - x[:, 1:])[:, 400:].square().mean().sqrt()
    past = np.lib.stride_tricks.sliding_window_view(x[0, :, 0].numpy(), 11)
    line = LinearRegression().fit(past[:390, :10], past[:390, 10])
    plain = np.sqrt(np.square(line.predict(past[390:, :10]) - past[390:, 10]).mean())
    assert error < plain / 3
