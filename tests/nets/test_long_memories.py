"""Tasks that ask for a memory over many steps: gates solve them, and Elman's network does not."""

import torch
from torch import nn
from toy_sequences import digits, each_step, fit, held_out, one_hot, seeded

from netwright.layers import ElmanCell, LSTMCell
from netwright.nets import ManyToMany, RecurrentNetwork


def remembering(read, width):
    return LSTMCell(read, width, forget_bias=4.0)


def adding(steps):
    """Numbers, two of them marked: what is their sum? One mark stands in each half."""

    def draw(n_rows, generator):
        numbers = torch.rand(n_rows, steps, generator=generator)
        marks = torch.zeros(n_rows, steps)
        for begin in (0, steps // 2):
            place = torch.randint(begin, begin + steps // 2, (n_rows, 1), generator=generator)
            marks.scatter_(1, place, 1.0)
        return (torch.stack([numbers, marks], 2),), (numbers * marks).sum(1)

    return draw


def test_an_lstm_solves_the_adding_problem_of_100_steps_and_an_elman_network_does_not():
    def error(cell):
        network = seeded(RecurrentNetwork, 2, 1, hidden=32, cell=cell)
        fit(network, adding(100), lambda y, target: nn.functional.mse_loss(y[:, 0], target), 600, 0.02)
        (x,), target = held_out(adding(100))
        with torch.no_grad():
            return nn.functional.mse_loss(network(x)[:, 0], target)

    chance = 1 / 6  # the variance of a sum of two: what the mean gives
    assert error(remembering) < 0.02 * chance
    assert error(ElmanCell) > 0.8 * chance


def test_an_lstm_echoes_what_stood_50_steps_before_and_an_elman_network_does_not():
    def echo(n_rows, generator):
        x = digits(n_rows, 3, 4, generator)
        return (one_hot(x, 4),), x

    def accuracy(cell):
        network = seeded(RecurrentNetwork, 4, 4, hidden=32, cell=cell, topology=ManyToMany(delay=50))
        fit(network, echo, each_step, 500, 0.02)
        (x,), target = held_out(echo)
        with torch.no_grad():
            return (network(x).argmax(-1) == target).double().mean()

    assert accuracy(remembering) > 0.99
    assert accuracy(ElmanCell) < 0.5
