"""Which unit of a recurrent network tracks what."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.core.errors import InputError
from netwright.explain import recurrent_states, top_stimuli, unit_concepts
from netwright.layers import BatchNormLSTMCell, GRUCell, LSTMCell, Recurrent

LETTERS = "()ab"


def texts(n_rows, n_steps, seed=0):
    """Numbers of letters, and how many brackets are open behind each."""
    draw, depth, rows, depths = np.random.default_rng(seed), np.zeros(n_rows, int), [], []
    for _ in range(n_steps):
        letter = draw.integers(0, 4, n_rows)
        letter = np.where((letter == 1) & (depth == 0), 2, letter)
        depth = depth + (letter == 0) - (letter == 1)
        rows.append(letter)
        depths.append(depth)
    return torch.from_numpy(np.stack(rows, 1)), torch.from_numpy(np.stack(depths, 1)).float()


def seeded(build):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build()


class Reader(nn.Module):
    """Letters to states to one number a step."""

    def __init__(self, hidden=8):
        super().__init__()
        self.read = Recurrent(LSTMCell(4, hidden))
        self.fc = nn.Linear(hidden, 1)

    def forward(self, letters):
        return self.fc(self.read(F.one_hot(letters, 4).float())[0])[..., 0]


def with_counter(unit):
    """A network at random, but one unit adds a little for each bracket that opens, and takes it off again."""
    network = seeded(Reader)
    cell = network.read.cells[0]
    with torch.no_grad():
        for gate, (bias, brackets) in enumerate([(20.0, 0.0), (20.0, 0.0), (0.0, 0.1), (20.0, 0.0)]):
            row = gate * 8 + unit
            for weight in (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh):
                weight[row] = 0
            cell.bias_ih[row] = bias
            cell.weight_ih[row, :2] = torch.tensor([brackets, -brackets])
    return network


@pytest.mark.parametrize("unit", [0, 5])
def test_a_planted_counter_of_brackets_is_found_as_the_unit_that_follows_their_depth(unit):
    letters, depth = texts(20, 60)
    states = recurrent_states(with_counter(unit), letters)
    assert set(states) == {"read.cells.0[0]", "read.cells.0[1]"}
    concepts = {"depth": depth, "opens": letters == 0, "step": torch.arange(60).expand(20, 60)}
    found = unit_concepts(states["read.cells.0[1]"], concepts)
    (best, r), (_, second) = found.best("depth", 2)
    assert best == unit
    assert abs(r) > 0.99 > 0.9 > abs(second)


def test_a_network_that_has_learned_to_count_has_a_unit_that_counts():
    letters, depth = texts(64, 40)
    network = seeded(Reader)
    optimizer = torch.optim.Adam(network.parameters(), 0.02)
    for _ in range(250):
        optimizer.zero_grad()
        F.mse_loss(network(letters), depth).backward()
        optimizer.step()
    letters, depth = texts(20, 40, seed=1)
    trained = unit_concepts(recurrent_states(network, letters)["read.cells.0[1]"], {"depth": depth})
    assert abs(trained.best("depth", 1)[0][1]) > 0.9
    plain = unit_concepts(recurrent_states(seeded(Reader), letters)["read.cells.0[1]"], {"depth": depth})
    assert abs(plain.best("depth", 1)[0][1]) < 0.9


def test_correlations_are_numpys_over_real_steps_alone():
    draw = torch.Generator().manual_seed(0)
    states, concept = torch.randn(3, 7, 4, generator=draw), torch.randn(3, 7, generator=draw)
    states[..., 3] = 2.0
    mask = torch.arange(7) < torch.tensor([[7], [4], [1]])
    found = unit_concepts(states, {"one": concept, "same": torch.ones(3, 7)}, mask)
    for unit in range(3):
        expected = np.corrcoef(states[..., unit][mask], concept[mask])[0, 1]
        assert found.correlation[unit, 0] == pytest.approx(expected, abs=1e-6)
    assert (found.correlation[3] == 0).all()  # a unit that never moves
    assert (found.correlation[:, 1] == 0).all()


def test_the_states_are_those_that_the_cells_go_through():
    cells = lambda: Recurrent([LSTMCell(3, 4), GRUCell(8, 5)], [LSTMCell(3, 4), GRUCell(8, 5)])  # noqa: E731
    network, x = seeded(cells), torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(0))
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    found = recurrent_states(network, x, None, mask)
    outputs, state = network(x, mask=mask)
    both = torch.cat([found["cells.1[0]"], found["backward_cells.1[0]"]], 2)
    torch.testing.assert_close(both, outputs.detach())
    torch.testing.assert_close(found["cells.0[1]"][:, -1], state[0][1].detach())  # c at the end
    torch.testing.assert_close(found["backward_cells.0[1]"][:, 0], state[1][1].detach())
    h = c = torch.zeros(2, 4)
    for t in range(6):
        h, c = network.cells[0](x[:, t], (h, c))
        torch.testing.assert_close(found["cells.0[1]"][0, t], c[0].detach())
    assert "scan" not in vars(network.cells[0])  # all is as it was
    assert network.training


def test_layers_of_torch_and_cells_with_steps_of_their_own_show_their_outputs():
    x = torch.randn(4, 6, 3, generator=torch.Generator().manual_seed(0))
    theirs = seeded(lambda: nn.LSTM(3, 4))
    torch.testing.assert_close(recurrent_states(theirs, x)[""], theirs(x)[0].detach().transpose(0, 1))
    ours = seeded(lambda: Recurrent(BatchNormLSTMCell(3, 4, max_steps=6)))
    for _ in range(5):
        ours(x)
    found = recurrent_states(ours, x)
    torch.testing.assert_close(found["cells.0[0]"], ours.eval()(x)[0].detach())
    with pytest.raises(InputError, match="recurrent layer"):
        recurrent_states(nn.Linear(3, 2), x)


def test_stimuli_are_the_highest_steps_with_what_stood_around_them():
    states = torch.zeros(2, 4, 2)
    states[0, 2, 1], states[1, 0, 1], states[1, 3, 1] = 0.5, 0.9, 5.0
    found = top_stimuli(states, 1, ["abcd", "efg"], n_stimuli=2, context=1)  # the last step is not real
    assert [(one.row, one.step, one.value) for one in found] == [(1, 0, pytest.approx(0.9)), (0, 2, 0.5)]
    assert (found[1].before, found[1].at, found[1].after) == (("b",), "c", ("d",))
    states[0, 1, 1] = -3.0
    (low,) = top_stimuli(states, 1, ["abcd", "efg"], n_stimuli=1, lowest=True)
    assert (low.row, low.step) == (0, 1)


def test_a_counter_is_highest_where_most_brackets_are_open():
    letters, depth = texts(20, 60)
    states = recurrent_states(with_counter(3), letters)["read.cells.0[1]"]
    rows = ["".join(LETTERS[one] for one in row) for row in letters.tolist()]
    (top,) = top_stimuli(states, 3, rows, n_stimuli=1)
    assert depth[top.row, top.step] == depth.max()
    assert top.at == "("


def test_what_does_not_fit_is_named():
    states = torch.zeros(2, 3, 4)
    with pytest.raises(InputError, match="'depth' must be"):
        unit_concepts(states, {"depth": torch.zeros(2, 4)})
    with pytest.raises(InputError, match="concepts must have one"):
        unit_concepts(states, {})
    with pytest.raises(InputError, match="rows, time, units"):
        unit_concepts(states[0], {"depth": torch.zeros(2, 3)})
    with pytest.raises(InputError, match="unit must be from 0 to 3"):
        top_stimuli(states, 4, ["abc", "abc"])
    with pytest.raises(InputError, match="2 rows of up to 3"):
        top_stimuli(states, 0, ["abcd", "abc"])
    with pytest.raises(InputError, match="one that was given"):
        unit_concepts(states, {"depth": torch.zeros(2, 3)}).best("length")
