"""The stack to begin with for sequences, and a race of cells on one's own rows."""

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from netwright.core.errors import InputError
from netwright.doctor.instruments import RecurrentStack, advise_recurrent

ROWS, LABELS = load_digits(return_X_y=True)
X, Y = torch.tensor(ROWS, dtype=torch.float32).reshape(-1, 8, 8) / 16, torch.tensor(LABELS)


def test_the_default_is_a_gru_with_glorots_weights_between_normalisations():
    torch.manual_seed(0)
    stack = RecurrentStack(8, 10, width=32)
    assert isinstance(stack.cell, nn.GRU)
    assert isinstance(stack.before, nn.LayerNorm)
    assert isinstance(stack.after, nn.LayerNorm)
    for weight in stack.cell.parameters():
        if weight.ndim == 1:
            assert not weight.any()
            continue
        for gate in weight.chunk(3):
            bound = (6 / (gate.shape[0] + gate.shape[1])) ** 0.5
            assert float(gate.detach().abs().max()) <= bound
            assert float(gate.detach().std()) == pytest.approx(bound / 3**0.5, rel=0.1)
    with pytest.raises(InputError, match="GRU, LSTM, RNN"):
        RecurrentStack(8, 10, cell="SRU")


def test_the_answer_is_the_formula():
    stack, x = RecurrentStack(3, 2, width=4), torch.randn(5, 6, 3)
    states, _ = stack.cell(nn.functional.layer_norm(x, (3,)))
    by_hand = stack.out(nn.functional.layer_norm(states[:, -1], (4,)))
    torch.testing.assert_close(stack(x), by_hand)


def test_the_cells_are_raced_on_digits_read_row_by_row():
    state = torch.random.get_rng_state()
    advice = advise_recurrent(X[:600], Y[:600], steps=50, seeds=(0, 1))
    assert torch.equal(state, torch.random.get_rng_state())
    assert isinstance(advice.network.cell, nn.GRU)
    assert set(advice.losses) == {"GRU", "LSTM", "RNN"}
    assert list(advice.losses.values()) == sorted(advice.losses.values())
    assert all(len(runs) == 2 for runs in advice.runs.values())
    assert advice.losses["GRU"] < 1.9  # knowing nothing costs 2.3


def test_rows_without_steps_are_refused():
    with pytest.raises(InputError, match="rows, time, features"):
        advise_recurrent(X[:600, 0], Y[:600])
