"""The main job: from a table to a model that has been judged, explained and written down."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from netwright.core.device import choose_device
from netwright.core.errors import InputError
from netwright.core.files import check_folder
from netwright.core.memory import release_memory
from netwright.data import read_frame, to_frame
from netwright.estimators import DeepEstimator
from netwright.training import World
from netwright.training.distribute import agreed, join_world, tell_losses
from netwright.workbench.call import NETS, Call, Fingerprint, net_name
from netwright.workbench.cut import Request, TaskName, cut_table
from netwright.workbench.job import FittedJob, version
from netwright.workbench.nets import tabm
from netwright.workbench.pictures.fitting import resume_pictures
from netwright.workbench.stages import Plan, work
from netwright.workbench.summary import Story, conditions
from netwright.workbench.unfinished import Unfinished, check_alike, shared_call


def fit(
    data: Any,
    target: str,
    *,
    out: str | Path | None = None,
    model: DeepEstimator | Callable[[str], DeepEstimator] = tabm,
    exclude: Sequence[str] = (),
    task: TaskName = "auto",
    test_size: float = 0.2,
    group: str | None = None,
    time: str | None = None,
    time_limit: float | None = None,
    references: bool = True,
    seed: int = 0,
    checkpoint_every: float = 60.0,
    resume: bool = False,
    say: Callable[[str], None] | None = None,
) -> FittedJob:
    """Read a table, check it, train a net on it, judge it beside references, and write model and report.

    While it trains, `out` holds a folder `checkpoint`, from which the job can go on with the same bits after
    its process has ended, see `resume`; a job that is whole removes it.

    Under torchrun every process reads the data, splits and encodes them alike, and they train together. The
    first one alone says, writes, fits the references and explains; the others return a job without
    references and importance.

    Args:
        data: a file (CSV, TSV, Parquet, Feather, JSON lines) or a table in memory.
        target: the column to predict.
        out: folder for the model and the report; None writes nothing.
        model: an estimator of netwright's, unfitted, or a function that makes one for a task ("binary",
            "multiclass" or "regression"), as in `workbench.nets`.
        exclude: columns that the net must not see.
        task: "auto" goes by the target's values.
        test_size: share of the rows that is held out for the scores.
        group: column whose groups stay on one side of every split.
        time: column by which the latest rows are held out.
        time_limit: seconds for the whole job; training stops early, and what then is left of the time goes
            to the references.
        references: whether to fit the constant, the linear model and gradient boosting.
        seed: of the splits, the net and the explanation.
        checkpoint_every: seconds between two checkpoints.
        resume: whether to go on with the job of the same call that `out` holds unfinished.
        say: told of each stage, and makes training show its progress; None is silent.

    Raises:
        InputError: when the table, the target or the folder cannot be used, or there is nothing to resume.
        OSError: when the folder cannot be written.
        ProcessLost: when another process ended.

    Example:
        >>> from sklearn.datasets import load_wine
        >>> wine = load_wine(as_frame=True).frame
        >>> job = fit(wine, target="target", references=False)
        >>> job.note.task, job.scores["accuracy"] > 0.9
        ('multiclass', True)
    """
    plan = Plan(seed, references, limit=time_limit, say=say)
    request = Request(target, tuple(exclude), task, test_size, group, time, seed)
    with join_world(choose_device()) as world, tell_losses(world, lambda: None):
        if not world.is_first:
            plan.first, plan.say = False, None
        call = _call(data, out, model, request, plan, every=checkpoint_every, world=world, resume=resume)
        unfinished = None if call is None else Unfinished(Path(call.out), call, resume=resume)
        if unfinished is not None:
            plan.keep = [unfinished.checkpoint]
        plan.tell("reading and checking the table")
        with agreed(world):
            cut = cut_table(read_frame(data) if isinstance(data, (str, Path)) else to_frame(data), request)
        release_memory()
        story = Story(
            data=str(data) if isinstance(data, (str, Path)) else "a table in memory",
            out=None,
            asked=conditions(exclude, group, time, seed=seed),
            findings=tuple(cut.findings),
        )
        if unfinished is None:
            return work(cut, model, plan, story)
        with unfinished.kept(plan):
            job = work(cut, model, plan, unfinished.named(story))
            unfinished.save(job)
        return job


def resume(
    folder: str | Path,
    *,
    time_limit: float | None = None,
    say: Callable[[str], None] | None = None,
) -> FittedJob:
    """Go on with a job that was cut short: killed, interrupted, out of time, or out of room on the disk.

    What the job was told stands in its folder. It goes on from its last checkpoint, or from the start where
    none was written yet, and ends as it would have without the cut: the same bits of the model, the same
    scores. A job with a net or a table of your own goes on by its call of `fit`, with `resume=True`.

    Args:
        folder: the job's `out`.
        time_limit: seconds from now; None for those of the job, counted from now.
        say: as in `fit`.

    Raises:
        InputError: when there is nothing to resume, or the data are not what they were.
        OSError: when the folder cannot be written.

    Example:
        >>> import tempfile
        >>> import pandas as pd
        >>> file, folder = Path(tempfile.mkdtemp()) / "table.csv", tempfile.mkdtemp()
        >>> table = pd.DataFrame({"x": range(60), "y": [value * 2.0 for value in range(60)]})
        >>> table.to_csv(file, index=False)
        >>> fit(file, target="y", out=folder, references=False, time_limit=1e-3).whole
        False
        >>> resume(folder, time_limit=600).whole
        True
    """
    with join_world(choose_device()) as world, tell_losses(world, lambda: None):
        call = shared_call(Path(folder), world)
        if not call.can_be_read:
            raise InputError(
                "what is resumed by its folder must have data in a file and a net of workbench.nets",
                f"{call.data.named} and {call.net}",
                f"go on with {call.command(Path(folder))}",
            )
        limit = call.time_limit if time_limit is None else time_limit
        if call.pictures:
            return resume_pictures(call, folder, limit, say)
        with agreed(world):
            call.data.check(Fingerprint.of(str(call.data.path)))
        return fit(
            str(call.data.path),
            str(call.target),
            out=folder,
            model=NETS[call.net],
            exclude=call.exclude,
            task=call.task,
            test_size=call.test_size,
            group=call.group,
            time=call.time,
            time_limit=limit,
            references=call.references,
            seed=call.seed,
            checkpoint_every=call.checkpoint_every,
            resume=True,
            say=say,
        )


def _call(
    data: Any,
    out: str | Path | None,
    model: Any,
    request: Request,
    plan: Plan,
    *,
    every: float,
    world: World,
    resume: bool,
) -> Call | None:
    """Check the folder and that all processes have the same data; None where nothing is written."""
    if out is None and resume:
        raise InputError("resume must have a folder to go on from", "out=None", "name the job's out")
    if out is None and world.size == 1:
        return None
    with agreed(world):
        if out is not None and world.is_first:
            check_folder(Path(out))
        found = Fingerprint.of(data)
    check_alike(found, world)
    if out is None:
        return None
    return Call(
        netwright=version(),
        torch=str(torch.__version__),
        data=found,
        out=str(out),
        target=request.target,
        net=net_name(model),
        exclude=list(request.exclude),
        task=request.task,
        test_size=float(request.test_size),
        group=request.group,
        time=request.time,
        time_limit=plan.limit,
        references=plan.references,
        seed=int(plan.seed),
        checkpoint_every=every,
    )
