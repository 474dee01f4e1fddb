import os
import pickle
import signal
from datetime import timedelta
from pathlib import Path

import pytest
import torch
import torch.distributed as dist

import processes
from netwright.core.errors import InputError
from netwright.training.distribute import ProcessLost, World, join_world, share_of, tell_losses
from netwright.training.distribute.joining import _store


def meet(folder, world):
    """Every meeting there is; then two groups made after the first, each where the last one was left."""
    rows = torch.arange(14.0).reshape(7, 2)
    answers = {
        "world": [world.rank, world.size, world.local_rank, world.is_first],
        "gathered": world.gather(share_of(rows, world)),
        "labels": world.gather(torch.tensor([True] * (1 + world.rank))),
        "shared": world.share({"of": world.rank, "tuple": (1, None)}),
        "any": [world.any(world.rank == 1), world.any(False)],
        "sums": world.sums([0.1 + world.rank, 2**53]),
        "plain": world.gather_plain(("process", world.rank)),
        "joined within": joined_within(),
    }
    dist.destroy_process_group()
    again = []
    for _ in range(2):
        with join_world() as other:
            again.append(other.sums([1.0]))
    again.append(World.current() == World())
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)  # what main() ends
    return answers | {"again": again}


def joined_within():
    with join_world() as inner:
        size = inner.size
    return [size, dist.is_initialized()]


def lose(folder, world):
    """The second process is killed; the first one says what it knows."""
    try:
        with tell_losses(world, lambda: Path("run/last.safetensors")):
            for step in range(10_000):
                if world.rank == 1 and step == 20:
                    os.kill(os.getpid(), signal.SIGKILL)
                world.sums([1.0])
    except ProcessLost as lost:
        (folder / "said").write_text(str(lost))
        raise


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    return processes.run(__file__, "meet", tmp_path_factory.mktemp("meet"))


def test_two_processes_know_each_other(answers):
    assert [answer["world"] for answer in answers] == [[0, 2, 0, True], [1, 2, 1, False]]


def test_rows_of_unequal_parts_are_gathered_in_order_everywhere(answers):
    for answer in answers:
        assert torch.equal(answer["gathered"], torch.arange(14.0).reshape(7, 2))
        assert answer["labels"].tolist() == [True] * 3


def test_what_the_first_process_gives_all_have(answers):
    assert [answer["shared"] for answer in answers] == [{"of": 0, "tuple": (1, None)}] * 2
    assert [answer["plain"] for answer in answers] == [[("process", 0), ("process", 1)]] * 2


def test_flags_and_sums_are_the_same_everywhere_and_in_double_precision(answers):
    assert [answer["any"] for answer in answers] == [[True, False]] * 2
    assert [answer["sums"] for answer in answers] == [[0.1 + 1.1, 2.0**54]] * 2


def test_a_job_can_join_again_and_again_and_within(answers):
    assert [answer["again"] for answer in answers] == [[[2.0], [2.0], True]] * 2
    assert [answer["joined within"] for answer in answers] == [[2, True]] * 2


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_the_end_of_one_process_ends_the_job_with_a_sentence(tmp_path):
    job = processes.start(__file__, "lose", tmp_path)
    _, errors = job.communicate(timeout=30)
    assert job.returncode != 0
    said = (tmp_path / "said").read_text()
    assert said.startswith("process 0 of 2 ")
    assert "; the last checkpoint is run/last.safetensors: start again with it" in said
    assert "\n" not in said
    assert said in errors


def test_alone_nothing_is_started(monkeypatch):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "1")
    with join_world() as world:
        assert world == World()
        assert not dist.is_initialized()


def test_others_that_cannot_be_met_are_an_input_error(monkeypatch):
    settings = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "no.such.host.invalid", "MASTER_PORT": "1"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("netwright.training.distribute.joining.TIMEOUT", timedelta(seconds=1))
    monkeypatch.setattr("netwright.training.distribute.joining._store", _store.__wrapped__)
    with (
        pytest.raises(InputError, match=r"process 1 must meet the other 1 at no\.such\.host\.invalid:1"),
        join_world(),
    ):
        pass


@pytest.mark.parametrize(
    "words",
    [
        "[/__w/gloo/transport/tcp/pair.cc:553] Connection closed by peer [127.0.0.1]:14055. This is",
        "[/gloo/transport/tcp/pair.cc:525] Read error [127.0.0.1]:22912: Connection reset by peer",
        "[/gloo/tcp/unbound_buffer.cc:81] Timed out waiting 1800000ms for recv operation to complete",
        "NCCL communicator was aborted on rank 0",
    ],
)
def test_the_words_of_a_lost_peer_become_one_sentence(words):
    with pytest.raises(ProcessLost) as lost, tell_losses(World(0, 2), lambda: None):
        raise RuntimeError(words)
    assert str(lost.value).startswith("process 0 of 2 lost the others (")
    assert "no checkpoint was written" in str(lost.value)
    assert ".cc" not in str(lost.value)


def test_other_errors_pass_untouched():
    with (
        pytest.raises(RuntimeError, match="shapes cannot be multiplied") as raised,
        tell_losses(World(0, 2), lambda: None),
    ):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    assert type(raised.value) is RuntimeError
    with pytest.raises(RuntimeError, match="Connection closed") as raised, tell_losses(World(), lambda: None):
        raise RuntimeError("Connection closed by peer")
    assert type(raised.value) is RuntimeError


def test_a_lost_process_is_told_with_the_checkpoint_that_the_loop_knows_and_can_be_pickled():
    with pytest.raises(ProcessLost) as lost, tell_losses(World(0, 2), lambda: Path("kept")):
        raise ProcessLost("it was told to end")
    assert lost.value.checkpoint == Path("kept")
    assert str(pickle.loads(pickle.dumps(lost.value))) == str(lost.value)


processes.main(globals())
