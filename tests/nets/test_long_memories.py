"""Tasks that ask for a memory over many steps: gates solve them, and Elman's network does not."""

import torch
from torch import nn
from toy_sequences import digits, each_step, fit, held_out, one_hot, seeded

from netwright.layers import ElmanCell, LSTMCell
from netwright.nets import ManyToMany, RecurrentNetwork


def remembering(read, width):
    return LSTMCell(read, width, forget_bias=2.0)


def adding(fewest, most):
    """Numbers, two of them marked, one in each half: what is their sum? A batch is of one length."""

    def draw(n_rows, generator):
        half = int(torch.randint(fewest // 2, most // 2 + 1, (1,), generator=generator))
        numbers = torch.rand(n_rows, 2 * half, generator=generator)
        marks = torch.zeros(n_rows, 2 * half)
        for begin in (0, half):
            place = torch.randint(begin, begin + half, (n_rows, 1), generator=generator)
            marks.scatter_(1, place, 1.0)
        return (torch.stack([numbers, marks], 2),), (numbers * marks).sum(1)

    return draw


def test_an_lstm_solves_the_adding_problem_of_100_steps_and_an_elman_network_does_not():
    def error(cell):
        network = seeded(RecurrentNetwork, 2, 1, hidden=32, cell=cell)
        fit(network, adding(10, 100), lambda y, target: nn.functional.mse_loss(y[:, 0], target), 800, 0.02)
        (x,), target = held_out(adding(100, 100))
        with torch.no_grad():
            return nn.functional.mse_loss(network(x)[:, 0], target)

    chance = 1 / 6  # the variance of a sum of two: what the mean gives
    assert error(remembering) < 0.05 * chance
    assert error(ElmanCell) > 0.5 * chance


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
