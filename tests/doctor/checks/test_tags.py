"""Targets of steps that do not stand at their steps, and their twins."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from netwright.doctor.checks.tags import check_answers_in_place, check_tags_in_place

ROWS, STEPS, TOKENS = 64, 20, 6
INPUTS = torch.randint(0, TOKENS, (ROWS, STEPS), generator=torch.Generator().manual_seed(0))
TAGS = torch.tensor([0, 1, 2, 0, 1, 2])[INPUTS]


def _tagger(target, flatten=lambda scores: scores.flatten(0, 1), steps=40):
    def run():
        network = nn.Sequential(nn.Embedding(TOKENS, 8), nn.Linear(8, 3))
        optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
        for step in range(steps):
            rows = slice(32 * (step % 2), 32 * (step % 2) + 32)
            optimizer.zero_grad()
            F.cross_entropy(flatten(network(INPUTS[rows])), target[rows].flatten()).backward()
            optimizer.step()

    return run


@pytest.mark.parametrize("move", [1, -2])
def test_tags_that_stand_some_steps_away_are_found(watched, move):
    case = watched(_tagger(TAGS.roll(move, 1)), outcome=True)
    (found,) = check_tags_in_place(case)
    assert (found.kind, found.severity) == ("label_misaligned", "warning")
    assert ("later" if move < 0 else "earlier") in found.message
    assert f"{abs(move)} step" in found.message


def test_tags_at_their_steps_and_tags_of_nothing_are_left(watched):
    assert not list(check_tags_in_place(watched(_tagger(TAGS), outcome=True)))
    drawn = torch.randint(0, 3, TAGS.shape, generator=torch.Generator().manual_seed(1))
    assert not list(check_tags_in_place(watched(_tagger(drawn), outcome=True)))


def test_answers_flattened_in_another_order_than_their_targets_are_found(watched):
    case = watched(_tagger(TAGS, lambda scores: scores.transpose(0, 1).flatten(0, 1)))
    (found,) = check_answers_in_place(case)
    assert (found.kind, found.severity) == ("label_misaligned", "error")
    assert not list(check_answers_in_place(watched(_tagger(TAGS))))


def test_steps_first_is_an_order_too(watched):
    inputs, tags = INPUTS.T, TAGS.T

    def run():
        embed, network, out = nn.Embedding(TOKENS, 8), nn.GRU(8, 8), nn.Linear(8, 3)
        whole = nn.ModuleList([embed, network, out])
        optimizer = torch.optim.Adam(whole.parameters(), lr=0.02)
        for _ in range(4):
            optimizer.zero_grad()
            F.cross_entropy(out(network(embed(inputs))[0]).flatten(0, 1), tags.flatten()).backward()
            optimizer.step()

    assert not list(check_answers_in_place(watched(run)))
