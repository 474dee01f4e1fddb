"""What a tape holds where a step is taken between a network's call and the loss that leads through it."""

import torch
from torch import nn

from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.recorder import tensors_of
from netwright.doctor.observe.watcher import DETAIL_EVERY, DETAILED_STEPS, Watcher


def _gan(watcher, steps):
    torch.manual_seed(0)
    generator, critic = nn.Linear(2, 3), nn.Linear(3, 1)
    of_generator = torch.optim.SGD(generator.parameters(), lr=0.01)
    of_critic = torch.optim.SGD(critic.parameters(), lr=0.01)
    with watching(watcher):
        for _ in range(steps):
            samples = generator(torch.randn(8, 2))
            of_critic.zero_grad()
            (critic(samples.detach()).mean() - critic(torch.randn(8, 3)).mean()).backward()
            of_critic.step()
            of_generator.zero_grad()
            critic(samples).mean().neg().backward()
            of_generator.step()
    return generator, critic, of_critic


def test_a_generator_is_on_its_tape_though_its_critic_has_stepped_in_between():
    watcher = Watcher()
    generator, critic, of_critic = _gan(watcher, 4)
    first, second = watcher.facts.trainees
    assert first.optimizer.optimizer is of_critic
    assert [[one.function for one in tape.calls] for tape in second.tapes] == [[generator, critic]] * 4
    assert [[one.function for one in tape.calls] for tape in first.tapes] == [[generator, critic, critic]] * 4


def test_a_state_that_is_carried_from_step_to_step_is_a_constant():
    torch.manual_seed(0)
    cell = nn.RNNCell(2, 3)
    optimizer = torch.optim.SGD(cell.parameters(), lr=0.01)
    with watching(Watcher()) as watcher:
        state = torch.zeros(4, 3)
        for _ in range(5):
            state = cell(torch.randn(4, 2), state.detach())
            optimizer.zero_grad()
            state.square().mean().backward()
            optimizer.step()
    tapes = watcher.facts.trainees[0].tapes
    assert [len(tape.calls) for tape in tapes] == [1] * 5
    assert [len(tape.constants) for tape in tapes] == [2] * 5


def test_a_state_that_still_has_its_graph_is_cut_where_the_same_network_goes_on():
    torch.manual_seed(0)
    cell = nn.RNNCell(2, 3)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.01)
    with watching(Watcher()) as watcher:
        state = torch.zeros(4, 3)
        for _ in range(4):
            state = cell(torch.randn(4, 2), state)
            state.square().mean().backward(retain_graph=True)
            optimizer.step()
    assert [len(tape.calls) for tape in watcher.facts.trainees[0].tapes] == [1] * 4


def test_what_was_computed_while_nothing_was_written_down_is_on_no_tape():
    watcher = Watcher()
    generator, critic, _ = _gan(watcher, 3 * DETAIL_EVERY)
    first, second = watcher.facts.trainees
    assert len(first.tapes) > DETAILED_STEPS  # some of later on
    assert {tuple(one.function for one in tape.calls) for tape in second.tapes} == {(generator, critic)}
    assert {tuple(one.function for one in tape.calls) for tape in first.tapes} == {
        (generator, critic, critic)
    }


def test_tensors_are_found_in_what_functions_take():
    one, other, third = (torch.zeros(size) for size in (1, 2, 3))
    given = tensors_of((one, [1.0, 2.0], {"a": [other]}, "text", (), {}), {"key": (None, third)})
    assert [len(tensor) for tensor in given] == [1, 2, 3]
