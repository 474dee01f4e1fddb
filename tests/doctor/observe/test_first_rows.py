"""Rows that enter an evaluation get a number by their first row, however they lie in memory."""

import torch
from torch import nn


def test_rows_that_are_one_number_seen_often_do_not_end_the_watch(watched):
    network = nn.Linear(1, 1)

    def train():
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        for _ in range(3):
            with torch.no_grad():
                network(torch.zeros(()).expand(1, 1))
                network(torch.zeros(()).expand(4, 1))
            optimizer.zero_grad()
            network(torch.ones(4, 1)).square().mean().backward()
            optimizer.step()

    case = watched(train)
    assert case.facts.gave_up == ""
    firsts = {call.first for one in case.facts.evaluations for call in one.calls}
    assert len(firsts) == 1
    assert None not in firsts
