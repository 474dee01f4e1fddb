from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from netwright.contracts import check_layer
from netwright.nets import NeuralTuringMachine

STORED = Path(__file__).parent / "fixtures" / "copying_machine.safetensors"


def seeded(seed=0, **settings):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return NeuralTuringMachine(**settings)


def small():
    return seeded(input_size=3, output_size=2, hidden=5, n_places=6, memory_width=4, n_heads=2)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_a_turing_machine_keeps_the_layer_contract():
    mask = torch.tensor([[True, True, True], [True, False, False]])
    check_layer(small(), normal(2, 3, 3), None, None, shape=(2, 3, 2))
    check_layer(small(), normal(2, 3, 3), None, mask, shape=(2, 3, 2), compiles=False, exports=False)


def test_each_step_reads_what_earlier_steps_have_written_and_the_controller_hears_of_it():
    machine, x = small().double(), normal(2, 4, 3).double()
    found, state = machine(x)
    memory = torch.full((2, 6, 4), 1e-6, dtype=torch.float64)
    reading = writing = torch.eye(6, dtype=torch.float64)[0].expand(2, 2, 6)
    h = c = torch.zeros(2, 5, dtype=torch.float64)
    read = torch.zeros(2, 8, dtype=torch.float64)
    for t in range(4):
        h, c = machine.controller(torch.cat([x[:, t], read], 1), (h, c))
        reading = machine.read.addressing(h, memory, reading)
        read = torch.einsum("bhp,bpv->bhv", reading, memory).flatten(1)
        writing = machine.write.addressing(h, memory, writing)
        erase = machine.write.erase(h).sigmoid().reshape(2, 2, 1, 4)
        add = machine.write.add(h).reshape(2, 2, 1, 4)
        for head in range(2):
            memory = memory * (1 - writing[:, head, :, None] * erase[:, head])
        memory = memory + (writing[..., None] * add).sum(1)
        by_hand = torch.cat([h, read], 1) @ machine.out.weight.T + machine.out.bias
        torch.testing.assert_close(found[:, t], by_hand)
    torch.testing.assert_close(state[3], memory)


def test_a_sequence_may_be_cut_in_two_and_what_is_masked_changes_nothing():
    machine, x = small(), normal(2, 6, 3)
    whole, state = machine(x)
    first, between = machine(x[:, :2])
    second, end = machine(x[:, 2:], between)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    torch.testing.assert_close(end[3], state[3])
    mask = torch.tensor([[True, True, False, False, True, True]]).expand(2, -1)
    x[:, 2:4] = torch.nan
    masked, end = machine(x, None, mask)
    plain, alone = machine(x[:, [0, 1, 4, 5]])
    torch.testing.assert_close(masked[:, [0, 1, 4, 5]], plain)
    torch.testing.assert_close(end[3], alone[3])
    assert (masked[:, 2:4] == 0).all()


def copying(n_rows, length, draw, width=4):
    """Bits and then a sign to begin, with the bits once more to be given back behind it."""
    bits = torch.randint(0, 2, (n_rows, length, width), generator=draw).float()
    x = torch.zeros(n_rows, 2 * length + 1, width + 1)
    x[:, :length, :width] = bits
    x[:, length, width] = 1
    return x, bits


def machine_for_copying():
    return seeded(1, input_size=5, output_size=4, hidden=12, n_places=20, memory_width=8)


def train(machine, n_steps, draw, longest):
    """Teaches it to copy ever longer sequences, up to `longest` steps, and returns the losses."""
    optimizer = torch.optim.RMSprop(machine.parameters(), 2e-3, alpha=0.95, momentum=0.9)
    losses, at, since = [], 1, 0
    for _ in range(n_steps):
        length = int(torch.randint(1, at + 1, (), generator=draw))
        length = at if torch.rand((), generator=draw) < 0.5 else length
        x, bits = copying(16, length, draw)
        loss = F.binary_cross_entropy_with_logits(machine(x)[0][:, -length:], bits)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(machine.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        since += 1
        if at < longest and since >= 20 and sum(losses[-20:]) / 20 < 0.05:
            at, since = at + 1, 0
    return losses


@pytest.fixture(scope="module")
def copier():
    """Has learned from sequences of 1 to 10 steps; fixtures/copying_machine.py is how."""
    machine = machine_for_copying()
    machine.load_state_dict(load_file(STORED))
    return machine


@pytest.mark.parametrize("length", [5, 10, 14, 18])
def test_sequences_longer_than_those_learned_from_are_copied_with_below_1_per_cent_of_wrong_bits(
    copier, length
):
    x, bits = copying(200, length, torch.Generator().manual_seed(length))
    with torch.no_grad():
        found = copier(x)[0][:, -length:] > 0
    assert (found != (bits > 0)).float().mean() < 0.01


def test_its_addresses_sum_to_1_and_go_from_place_to_place(copier):
    x, _ = copying(20, 12, torch.Generator().manual_seed(0))
    reading, writing = copier.addresses(x)
    for address in (reading, writing):
        assert (address >= 0).all()
        torch.testing.assert_close(address.sum(-1), torch.ones(20, 25, 1))
    written, read = writing[:, :12, 0].argmax(-1), reading[:, -12:, 0].argmax(-1)
    assert (written == read).float().mean() > 0.99  # where each step was written it is read again
    assert (written.sort(1).values.diff(dim=1) != 0).float().mean() > 0.99  # each at a place of its own


def test_a_larger_memory_serves_without_learning_again(copier):
    x, bits = copying(50, 25, torch.Generator().manual_seed(1))
    with torch.no_grad():
        found, state = copier(x, copier.initial_state(x[:, 0], n_places=40))
    assert state[3].shape == (50, 40, 8)
    assert ((found[:, -25:] > 0) != (bits > 0)).float().mean() < 0.01


def test_a_short_training_lowers_the_loss():
    losses = train(machine_for_copying(), 120, torch.Generator().manual_seed(1), longest=1)
    assert sum(losses[-10:]) < 0.3 * sum(losses[:10])
