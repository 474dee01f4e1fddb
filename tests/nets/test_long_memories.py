"""Tasks that ask for a memory over many steps: gates solve them, and Elman's network does not."""

import torch
from toy_sequences import digits, each_step, fit, held_out, one_hot, seeded

from netwright.layers import ElmanCell, LSTMCell
from netwright.nets import ManyToMany, RecurrentNetwork


def test_an_lstm_echoes_what_stood_60_steps_before_and_an_elman_network_does_not():
    def echo(n_rows, generator):
        x = digits(n_rows, 1, 8, generator)
        return (one_hot(x, 8),), x

    def accuracy(cell):
        network = seeded(RecurrentNetwork, 8, 8, hidden=32, cell=cell, topology=ManyToMany(delay=60))
        fit(network, echo, each_step, 300, 0.02)
        (x,), target = held_out(echo)
        with torch.no_grad():
            return (network(x).argmax(-1) == target).double().mean()

    assert accuracy(lambda read, width: LSTMCell(read, width, forget_bias=4.0)) > 0.99
    assert accuracy(ElmanCell) < 0.7


def test_an_lstm_copies_two_symbols_after_50_steps_and_an_elman_network_does_not():
    blank, go, waiting, n_copied = 0, 1, 50, 2

    def copying(n_rows, generator):
        symbols = digits(n_rows, n_copied, 4, generator)
        x = torch.full((n_rows, n_copied + waiting + n_copied), blank)
        x[:, :n_copied], x[:, n_copied + waiting] = symbols + 2, go
        target = torch.full_like(x, -1)  # nothing is asked for until all of them are
        target[:, -n_copied:] = symbols
        return (one_hot(x, 6),), target

    def accuracy(cell):
        network = seeded(RecurrentNetwork, 6, 4, hidden=48, cell=cell, topology=ManyToMany())
        fit(network, copying, each_step, 500, 0.02)
        (x,), target = held_out(copying)
        with torch.no_grad():
            right = network(x).argmax(-1) == target
        return right[:, -n_copied:].double().mean()

    assert accuracy(lambda read, width: LSTMCell(read, width, forget_bias=4.0)) > 0.99
    assert accuracy(ElmanCell) < 0.7
