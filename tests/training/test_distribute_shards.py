import json
import os
import shutil
import signal

import pytest
import torch
from torch import nn

import processes
from netwright.core.errors import InputError, ModelError
from netwright.layers import synchronise_batch_norm
from netwright.training.distribute import (
    World,
    full_state,
    load_full_state,
    load_sharded,
    memory_per_parameter,
    part_factor,
    save_sharded,
    sharded,
    share_of,
)
from netwright.training.distribute.shards import blocks


class Tower(nn.Module):
    """Blocks in a list, tied weights, batch normalisation, a parameter of its own, and uneven sizes."""

    def __init__(self):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(5))
        self.enter = nn.Linear(5, 101)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(101, 101, bias=False), nn.BatchNorm1d(101), nn.Tanh()) for _ in range(4)
        )
        self.tied = nn.Linear(5, 101, bias=False)
        self.tied.weight = self.enter.weight
        self.leave = nn.Linear(101, 1)

    def forward(self, x):
        h = self.enter(x + self.shift).tanh() + self.tied(x)
        for block in self.blocks:
            h = block(h)
        return self.leave(h)


def tower(seed=0):
    torch.manual_seed(seed)
    return Tower()


def batches(part=slice(None)):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(301, 5, generator=generator)
    y = x[:, :1].sin()
    rows = [rows for _ in range(2) for rows in torch.randperm(301, generator=generator).split(64)]
    return [((x, y), of) for of in rows][part]


def loss(network, batch):
    """Calls the network, and a part of it on its own."""
    return (
        nn.functional.mse_loss(network(batch[0]), batch[1]) + 1e-2 * network.leave(torch.ones(1, 101)).sum()
    )


def steps(call, optimizer, world, part=slice(None)):
    for (x, y), rows in batches(part):
        mine = share_of(rows, world)
        optimizer.zero_grad()
        (call(loss, (x[mine], y[mine])) * part_factor(len(rows), world)).backward()
        optimizer.step()


def alone():
    network = tower()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    steps(lambda compute, batch: compute(network, batch), optimizer, World())
    return network, optimizer


def divided(folder, world):
    """Train divided, save in the middle, and count what each process holds."""
    network = tower(seed=world.rank)
    synchronise_batch_norm(network)
    with sharded(network, world) as whole:
        optimizer = torch.optim.Adam(whole.network.parameters(), lr=1e-3)
        steps(whole, optimizer, world, slice(5))
        save_sharded(folder / "kept", states(whole.network, optimizer, world), world)
        first = sorted(file.name for file in (folder / "kept").iterdir())
        save_sharded(folder / "kept", states(whole.network, optimizer, world), world)
        steps(whole, optimizer, world, slice(5, None))
        held = sum(local(value).numel() for entry in optimizer.state.values() for value in entry.values())
        answer = {
            "optimizer": full_state(optimizer),
            "held": held,
            "parameters held": sum(local(p).numel() for p in whole.parameters()),
            "left": sum(p.numel() for p in network.parameters()),
            "first": first,
        }
        answer["full disk"] = fill(folder / "full", whole.network, world)
    return answer | {"network": network.state_dict(), "tied": network.tied.weight is network.enter.weight}


def states(network, optimizer, world):
    plain = {"epoch": 3, "rates": (0.1, None), "streams": world.gather_plain(torch.tensor([world.rank]))}
    return {"network": network.state_dict(), "optimizer": optimizer.state_dict(), **plain}


def local(tensor):
    return tensor.to_local() if hasattr(tensor, "to_local") else tensor


def go_on(folder, world):
    """Three processes go on from what two have saved, divided and as replicas."""
    network = tower(seed=7)
    synchronise_batch_norm(network)
    with sharded(network, world) as whole:
        optimizer = torch.optim.Adam(whole.network.parameters(), lr=1e-3)
        state = load_sharded(folder / "kept", world, torch.device("cpu"))
        load_full_state(whole.network, state["network"])
        load_full_state(optimizer, state["optimizer"])
        steps(whole, optimizer, world, slice(5, None))
        answer = {"optimizer": full_state(optimizer), "plain": state["streams"]}
    everything = load_sharded(folder / "kept", world)
    load_full_state(tower(), everything["network"])
    return answer | {"network": network.state_dict()}


def break_off(folder, world):
    """One process is killed while it writes its part of a second checkpoint."""
    with sharded(tower(), world) as whole:
        save_sharded(folder / "kept", {"step": 1, "network": whole.network.state_dict()}, world)
        if world.rank == 1:
            from safetensors import torch as safetensors

            safetensors.save = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
        save_sharded(folder / "kept", {"step": 2, "network": whole.network.state_dict()}, world)


def fill(folder, network, world):
    """The disk of one process is full when it writes its second checkpoint."""
    from safetensors import torch as safetensors

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    save_sharded(folder, {"step": 1, "network": network.state_dict()}, world)
    kept = safetensors.save
    safetensors.save = full if world.rank == 1 else kept
    try:
        save_sharded(folder, {"step": 2, "network": network.state_dict()}, world)
    except OSError as error:
        return [error.errno, str(error)]
    finally:
        safetensors.save = kept


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("shards")


@pytest.fixture(scope="module")
def answers(folder):
    return processes.run(__file__, "divided", folder)


@pytest.fixture(scope="module")
def reference():
    return alone()


def test_two_processes_with_divided_weights_train_as_plain_adam_does(answers, reference):
    network, optimizer = reference
    for answer in answers:
        torch.testing.assert_close(dict(answer["network"]), dict(network.state_dict()), atol=1e-6, rtol=0)
        for ours, theirs in zip(
            answer["optimizer"]["state"].values(), optimizer.state_dict()["state"].values(), strict=True
        ):
            torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


def test_each_process_holds_half_of_parameters_and_optimizer_state(answers, reference):
    network, optimizer = reference
    numbers = sum(p.numel() for p in network.parameters())
    state = sum(value.numel() for entry in optimizer.state.values() for value in entry.values())
    for answer in answers:
        assert answer["held"] == pytest.approx(state / 2, rel=0.02)  # 101 rows are 51 and 50
        assert answer["parameters held"] == pytest.approx(numbers / 2, rel=0.02)
        assert answer["left"] == 0
    assert sum(answer["parameters held"] for answer in answers) == numbers


def test_afterwards_the_network_is_whole_and_tied_as_before(answers, reference):
    for answer in answers:
        assert answer["tied"]
        assert list(answer["network"]) == list(reference[0].state_dict())


def test_three_processes_go_on_from_what_two_have_saved(answers, folder, reference):
    for answer in processes.run(__file__, "go_on", folder, n=3):
        torch.testing.assert_close(
            dict(answer["network"]), dict(reference[0].state_dict()), atol=1e-6, rtol=0
        )
        assert [int(stream) for stream in answer["plain"]] == [0, 1]


def test_one_plain_process_goes_on_from_what_two_have_saved(answers, folder, reference):
    network = tower(seed=7)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    state = load_sharded(folder / "kept", World())
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    assert (state["epoch"], state["rates"]) == (3, (0.1, None))
    steps(lambda compute, batch: compute(network, batch), optimizer, World(), slice(5, None))
    torch.testing.assert_close(dict(network.state_dict()), dict(reference[0].state_dict()), atol=1e-6, rtol=0)


def test_a_checkpoint_is_safetensors_alone_and_the_older_parts_are_gone(answers, folder):
    kept = folder / "kept"
    assert [name for name in answers[0]["first"] if name != "state.safetensors"] != []
    files = sorted(file for file in kept.rglob("*") if file.is_file())
    assert [file.suffix for file in files] == [".safetensors"] * 3
    assert len(list(kept.glob("parts-*"))) == 1
    for file in files:
        length = int.from_bytes(file.read_bytes()[:8], "little")
        json.loads(file.read_bytes()[8 : 8 + length])


def test_parts_that_are_cut_lacking_or_unknown_are_refused(answers, folder, tmp_path):
    for change in (lambda file: file.write_bytes(file.read_bytes()[:-8]), lambda file: file.unlink()):
        copied = tmp_path / str(len(list(tmp_path.iterdir())))
        shutil.copytree(folder / "kept", copied)
        change(next(copied.glob("parts-*/shard-00002-*")))
        with pytest.raises(
            ModelError, match=r"shard-00002.* is lacking, cut or unknown; copy the whole folder"
        ):
            load_sharded(copied, World())


def test_a_kill_while_a_part_is_written_leaves_the_checkpoint_before_it(tmp_path):
    job = processes.start(__file__, "break_off", tmp_path)
    job.communicate(timeout=60)
    assert job.returncode != 0
    state = load_sharded(tmp_path / "kept", World())
    assert state["step"] == 1
    torch.testing.assert_close(dict(state["network"]), dict(tower().state_dict()), atol=0, rtol=0)


def test_a_full_disk_of_one_process_is_told_in_all_and_leaves_the_checkpoint_before_it(answers, folder):
    for answer in answers:
        errno, words = answer["full disk"]
        assert errno == 28
        assert "No space left on device" in words
    assert load_sharded(folder / "full", World())["step"] == 1
    assert len(list((folder / "full").glob("parts-*"))) == 1


def test_blocks_are_the_largest_modules_with_a_quarter_of_the_weights_and_leave_tied_ones_to_the_whole():
    network = tower()
    assert list(blocks(network)) == list(network.blocks)
    deep = nn.Sequential(nn.Sequential(nn.Linear(300, 300), nn.Linear(300, 300)), nn.Linear(300, 2))
    assert list(blocks(deep)) == list(deep[0])
    attention = nn.MultiheadAttention(64, 4)  # uses the weights of its parts without calling them
    assert list(blocks(nn.Sequential(attention))) == [attention]


def test_bytes_per_parameter_are_those_of_the_paper():
    assert [memory_per_parameter(0, n) for n in (1, 64)] == [2 + 2 + 12] * 2
    # figure 1: 7.5 billion parameters on 64 processes, in gigabytes
    assert [round(7.5 * memory_per_parameter(stage, 64), 1) for stage in range(4)] == [120, 31.4, 16.6, 1.9]
    # table 1, in gigabytes
    table = {
        (7.5, 1): (120, 120, 120),
        (7.5, 4): (52.5, 41.3, 30),
        (7.5, 16): (35.6, 21.6, 7.5),
        (7.5, 64): (31.4, 16.6, 1.88),
        (7.5, 256): (30.4, 15.4, 0.47),
        (7.5, 1024): (30.1, 15.1, 0.12),
    }
    for (billions, n), row in table.items():
        ours = [billions * memory_per_parameter(stage, n) for stage in (1, 2, 3)]
        assert ours == pytest.approx(row, rel=0.03)
    with pytest.raises(InputError, match="stage must be 0, 1, 2 or 3, got 4"):
        memory_per_parameter(4, 2)
    with pytest.raises(InputError, match="n_processes must be at least 1, got 0"):
        memory_per_parameter(1, 0)


def test_a_network_cannot_be_divided_among_one():
    with (
        pytest.raises(InputError, match="sharding needs several processes"),
        sharded(nn.Linear(2, 1), World()),
    ):
        pass


processes.main(globals())
