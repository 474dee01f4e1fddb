"""The job for pictures: from folders or arrays to a model that has been judged, shown and written down."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import torch

from netwright.core.device import choose_device
from netwright.core.errors import InputError
from netwright.core.files import check_folder
from netwright.core.memory import release_memory
from netwright.data.images.fitting import two_sides
from netwright.estimators import DeepEstimator
from netwright.report import Fact
from netwright.training import World
from netwright.training.distribute import agreed, join_world, tell_losses
from netwright.workbench.call import NETS, Call, Fingerprint, net_name
from netwright.workbench.cut import TaskName
from netwright.workbench.job import FittedJob, version
from netwright.workbench.nets import conv_net
from netwright.workbench.pictures.checks import check_pictures, check_reading
from netwright.workbench.pictures.cutting import PictureCut, cut_pictures
from netwright.workbench.pictures.fingerprint import fingerprint
from netwright.workbench.pictures.source import Reading, read_source
from netwright.workbench.pictures.working import work
from netwright.workbench.stages import Plan
from netwright.workbench.summary import Story
from netwright.workbench.unfinished import Unfinished, check_alike


def fit_pictures(
    data: Any,
    *,
    target: str | None = None,
    image: str | None = None,
    size: int | tuple[int, int] | None = None,
    out: str | Path | None = None,
    model: DeepEstimator | Callable[[str], DeepEstimator] = conv_net,
    task: TaskName = "auto",
    test_size: float = 0.2,
    time_limit: float | None = None,
    references: bool = True,
    seed: int = 0,
    memory: int | None = None,
    unreadable: Literal["raise", "skip"] = "raise",
    augment: bool = False,
    checkpoint_every: float = 60.0,
    resume: bool = False,
    say: Callable[[str], None] | None = None,
) -> FittedJob:
    """Read pictures, check them, train a net, judge it beside references, and write model and report.

    What the source names as test pictures is held out: folders `train` and `test`, the idx files of t10k,
    arrays X_test and y_test. Else a share of the pictures is, with the same classes. Probabilities are made
    as sure as they should be by one temperature, fitted on the pictures that judged the epochs.

    Files whose pictures take more than `memory` are read as they are needed, by processes of their own, and
    only what fits is kept: the answers are the same. All files are decoded once before anything is learned,
    so that one that cannot be read is told at once.

    While it trains, `out` holds a folder `checkpoint`, from which the job can go on with the same bits, see
    `workbench.resume`. Under torchrun every process reads the pictures alike, and they train together.

    Args:
        data: a folder with a folder for each class; a folder of idx files, or one of them; an .npz file of
            arrays X and y; or, with `image`, a table of paths.
        target: the column of labels, where the source is a table.
        image: the column of paths, where the source is a table.
        size: to which pictures are brought; None for the commonest size, of files at most 128 pixels.
        out: folder for the model and the report; None writes nothing.
        model: an estimator of pictures, unfitted, or a function that makes one for a task.
        task: "auto" goes by the labels.
        test_size: share that is held out where the source does not say what is.
        time_limit: seconds for the whole job; training stops early.
        references: whether to fit the constant and the linear model of the pixels.
        seed: of the split and the net.
        memory: bytes that the decoded pictures of files may take; None for a quarter of what is free.
        unreadable: "raise" an error that names the file; "skip" such files, and tell so in the report.
        augment: whether `netwright.data.choose_augmentation` tries flips, shifts, turns and colours on the
            pictures to learn from, and the net sees those that keep their labels; without it shifts alone.
        checkpoint_every: seconds between two checkpoints.
        resume: whether to go on with the job of the same call that `out` holds unfinished.
        say: told of each stage, and makes training show its progress; None is silent.

    Raises:
        InputError: naming the file, the row or the label that cannot be used, or what there is not to resume.
        OSError: when the folder cannot be written.
        ProcessLost: when another process ended.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from sklearn.datasets import load_digits
        >>> from netwright.training import Training
        >>> from netwright.vision import ConvNetClassifier
        >>> digits, file = load_digits(), Path(tempfile.mkdtemp()) / "digits.npz"
        >>> np.savez(file, X=(digits.images * 15).astype(np.uint8), y=digits.target)
        >>> net = ConvNetClassifier(training=Training(epochs=3))
        >>> fit_pictures(file, model=net, references=False).scores["accuracy"] > 0.8
        True
    """
    if unreadable not in ("raise", "skip"):
        raise InputError("unreadable must be 'raise' or 'skip'", repr(unreadable), "choose one of them")
    sides = None if size is None else two_sides(size)
    reading = Reading(image, target, sides, memory=memory, skip=unreadable == "skip")
    plan = Plan(seed, references, limit=time_limit, say=say)
    told = {
        "target": target,
        "image": image,
        "size": None if sides is None else list(sides),
        "net": net_name(model),
        "task": task,
        "test_size": float(test_size),
        "time_limit": time_limit,
        "references": references,
        "seed": int(seed),
        "memory": memory,
        "unreadable": unreadable,
        "augment": augment,
        "checkpoint_every": checkpoint_every,
    }
    with join_world(choose_device()) as world, tell_losses(world, lambda: None):
        if not world.is_first:
            plan.first, plan.say = False, None
        unfinished = _unfinished(data, out, reading, told, world, resume=resume)
        if unfinished is not None:
            plan.keep = [unfinished.checkpoint]
        plan.tell("reading the pictures")
        with agreed(world):
            cut, story = _read(data, reading, task, test_size, seed)
        release_memory()
        if unfinished is None:
            return work(cut, model, plan, story, augment=augment)
        with unfinished.kept(plan):
            job = work(cut, model, plan, unfinished.named(story), augment=augment)
            unfinished.save(job)
        return job


def resume_pictures(
    call: Call, folder: str | Path, time_limit: float | None, say: Callable[[str], None] | None
) -> FittedJob:
    """Go on with a job of pictures, told by what its folder holds.

    Args:
        call: what the job was told.
        folder: its `out`.
        time_limit: seconds from now.
        say: as in `fit_pictures`.
    """
    return fit_pictures(
        str(call.data.path),
        target=call.target,
        image=call.image,
        size=None if call.size is None else (call.size[0], call.size[1]),
        out=folder,
        model=NETS[call.net],
        task=call.task,
        test_size=call.test_size,
        time_limit=time_limit,
        references=call.references,
        seed=call.seed,
        memory=call.memory,
        unreadable=call.unreadable,
        augment=call.augment,
        checkpoint_every=call.checkpoint_every,
        resume=True,
        say=say,
    )


def _read(
    data: Any, reading: Reading, task: TaskName, test_size: float, seed: int
) -> tuple[PictureCut, Story]:
    learned, test = read_source(data, reading)
    cut = cut_pictures(learned, test, task, test_size, seed)
    findings = (*check_reading(learned, test), *check_pictures(cut.pictures, cut.held))
    return cut, Story(str(data), None, (Fact("seed", str(seed)),), findings)


def _unfinished(
    data: Any, out: str | Path | None, reading: Reading, told: dict[str, Any], world: World, *, resume: bool
) -> Unfinished | None:
    """Check the folder and that all processes have the same pictures; None where nothing is written."""
    if out is None and resume:
        raise InputError("resume must have a folder to go on from", "out=None", "name the job's out")
    if out is None and world.size == 1:
        return None
    with agreed(world):
        if out is not None and world.is_first:
            check_folder(Path(out))
        found: Fingerprint = fingerprint(data, reading)
    check_alike(found, world)
    if out is None:
        return None
    told = {**told, "netwright": version(), "torch": str(torch.__version__)}
    call = Call(data=found, out=str(out), pictures=True, **told)
    return Unfinished(Path(out), call, resume=resume)
