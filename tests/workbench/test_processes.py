"""`workbench.fit` in a script that torchrun started: who does what, and that nobody waits in vain."""

import numpy as np
import pandas as pd
import pytest
import torch

import processes
from netwright.core.errors import InputError
from netwright.tabular import MLPRegressor
from netwright.training import Engine, Training
from netwright.training.distribute import World, agreed
from netwright.workbench import fit, resume
from netwright.workbench.nets import mlp


def table(seed=0):
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(rng.normal(size=(301, 3)), columns=list("abc")).round(3)
    rows["y"] = (rows.a * rows.b).round(3)
    return rows


def model(sharding="auto"):
    training = Training(epochs=4, batch_size=32, engine=Engine(sharding=sharding))
    return MLPRegressor(hidden=(16,), training=training)


def told(job):
    record, content = job.model.record_, job.content
    return {
        "epochs": [dict(values) for values in record.epochs],
        "scores": {name: dict(panel) for name, panel in job.note.scores.items()},
        "importance": len(content.importance),
        "whole": job.whole,
        "weights": dict(job.model.network_.state_dict()),
    }


def refusal(call, *given, **named):
    try:
        call(*given, **named)
    except Exception as error:
        return [type(error).__name__, str(error), *getattr(error, "__notes__", ())]


def jobs(folder, world):
    """Whole jobs, and jobs that must be refused in all processes."""
    mine = folder / f"of {world.rank}"  # as on machines without a common disk
    mine.mkdir()
    table().to_csv(mine / "t.csv", index=False)
    out = mine / "job"
    said = []
    answer = {
        "memory": told(fit(table(), "y", model=model(), out=mine / "memory", say=said.append)),
        "said": said,
        "full": told(fit(table(), "y", model=model("full"), references=False)),
        "short": told(fit(str(mine / "t.csv"), "y", model=mlp, out=out, time_limit=0.01)),
        "checkpoint": sorted(path.name for path in mine.rglob("last.safetensors")),
        "again": told(resume(out, time_limit=600)),
        "written": sorted(str(path.relative_to(mine)) for path in mine.glob("*/*")),
        "other data": refusal(fit, table(world.rank), "y", model=model()),
        "one lacks": refusal(
            fit, str(mine / ("t.csv" if world.is_first else "none.csv")), "y", model=model()
        ),
        "target": refusal(fit, table(), "late", model=model()),
        "nothing": refusal(resume, mine / "nowhere"),
    }
    (mine / "file").write_text("")
    answer["no folder"] = refusal(fit, table(), "y", out=mine / "file" if world.is_first else mine / "new")
    answer["alone"] = refusal(unreadable, world)
    return answer


def unreadable(world):
    """An error that cannot be sent comes as its words."""
    with agreed(world):
        if world.is_first:
            raise type("Odd", (ValueError,), {})("odd")


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    return processes.run(__file__, "jobs", tmp_path_factory.mktemp("jobs"))


@pytest.fixture(scope="module")
def alone():
    return told(fit(table(), "y", model=model()))


def test_the_first_process_judges_explains_and_speaks_and_the_others_have_the_same_model(answers, alone):
    first, second = (answer["memory"] for answer in answers)
    assert set(first["scores"]) == set(alone["scores"]) != {"net"}
    assert set(second["scores"]) == {"net"}
    assert (first["importance"], second["importance"]) == (alone["importance"], 0)
    assert (first["whole"], second["whole"]) == (True, True)
    assert "fitting the references" in answers[0]["said"]
    assert answers[1]["said"] == []
    for name, weight in first["weights"].items():
        assert torch.equal(weight, second["weights"][name])


@pytest.mark.parametrize("kind", ["memory", "full"])
def test_a_job_of_two_processes_is_the_job_of_one(kind, answers, alone):
    for answer in answers:
        for ours, theirs in zip(answer[kind]["epochs"], alone["epochs"], strict=True):
            assert ours == pytest.approx(theirs, abs=1e-4)
        assert answer[kind]["scores"]["net"] == pytest.approx(alone["scores"]["net"], abs=1e-3)


def test_the_other_processes_need_the_data_and_write_nothing(answers):
    first, second = answers
    assert first["checkpoint"] == ["last.safetensors"]
    assert "job/report.html" in first["written"]
    assert "job/checkpoint" not in first["written"]
    assert second["checkpoint"] == second["written"] == []


def test_a_job_out_of_time_ends_in_all_processes_and_goes_on_in_all(answers):
    first, second = answers
    assert (first["short"]["whole"], second["short"]["whole"]) == (False, False)
    assert first["again"]["epochs"] == second["again"]["epochs"]
    assert len(first["again"]["epochs"]) > len(first["short"]["epochs"])
    assert "gradient boosting" in first["again"]["scores"]


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("other data", "InputError", "every process must read the same data, got 2 contents of a table in"),
        ("one lacks", "TableError", "none.csv, which does not exist"),
        ("target", "InputError", "the target must be a column of the table, got 'late'"),
        ("nothing", "InputError", "nowhere without a checkpoint"),
        ("no folder", "InputError", "the output must be a folder, got the file"),
    ],
)
def test_what_fails_in_one_process_fails_in_all(name, kind, message, answers):
    for answer in answers:
        assert answer[name][0] in (kind, "TableError")
        assert message in answer[name][1]


def test_an_error_says_whose_it_was(answers):
    assert answers[0]["one lacks"][2:] == ["found by process 1 of 2"]
    assert answers[1]["one lacks"][2:] == []
    assert answers[0]["alone"] == ["Odd", "odd"]
    assert answers[1]["alone"] == ["RuntimeError", "Odd: odd", "found by process 0 of 2"]


def test_alone_an_error_passes_as_it_is():
    with pytest.raises(InputError, match="a, got b; c"), agreed(World()):
        raise InputError("a", "b", "c")


processes.main(globals())
