"""What the data checks share: labels as numbers, batches in order, which rows were learned from and
evaluated.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedGroupKFold
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.rows import row_keys
from netwright.doctor.case.task import Task
from netwright.doctor.observe.facts import EvaluationCall, Loader
from netwright.doctor.observe.tape import Tape


def labels_of(target: Tensor | None, task: Task) -> Tensor | None:
    """Return one whole number for each row, None where the target is no single hard label.

    Args:
        target: (rows, ...), as the loss took it.
        task: what is learned.

    Example:
        >>> labels_of(torch.tensor([[0.0, 1.0], [1.0, 0.0]]), Task("classes", n_outputs=2)).tolist()
        [1, 0]
    """
    if target is None or task.kind not in ("classes", "binary") or not len(target):
        return None
    target = target.detach().double().cpu() if target.dtype == torch.bool else target.detach().cpu()
    if task.kind == "classes" and target.is_floating_point() and target.ndim == 2 and target.shape[1] > 1:
        hard = ((target == 0) | (target == 1)).all() and (target.sum(1) == 1).all()
        return target.argmax(1) if bool(hard) else None
    if target.numel() != len(target) or not bool((target == target.round()).all()):
        return None
    labels = target.reshape(-1).long()
    if task.ignore is not None and task.kind == "classes" and bool((labels == task.ignore).any()):
        return None
    return labels


def is_tabular(inputs: Tensor) -> bool:
    """Return whether rows are a table of numbers, rather than images, sequences or tokens.

    Args:
        inputs: (rows, ...).

    Example:
        >>> is_tabular(torch.zeros(4, 3)), is_tabular(torch.zeros(4, 3, 2))
        (True, False)
    """
    return inputs.is_floating_point() and inputs.ndim == 2


@dataclass(frozen=True)
class Batch:
    """What one backward pass learned from.

    Args:
        step: of the optimizer.
        keys: of its rows; equal rows have equal keys.
        target: (rows, ...), None where it does not divide into rows.
    """

    step: int
    keys: list[int]
    target: Tensor | None


def row_constants(case: Case, tape: Tape) -> list[Tensor]:
    """Return all tensors from outside on a tape that have the batch's length, except for the target.

    Args:
        case: whose.
        tape: of one of its steps.
    """
    main = _main(case, tape)
    if main is None:
        return []
    others = [
        one
        for place, one in enumerate(tape.constants)
        if place != case.target_place and one is not main and one.ndim and len(one) == len(main)
    ]
    return [main, *others]


def _main(case: Case, tape: Tape) -> Tensor | None:
    for place in case.input_places:
        if place < len(tape.constants) and tape.constants[place].ndim:
            return tape.constants[place]
    return None


def batches_of(case: Case) -> list[Batch]:
    """Return the batches of the steps that were written down, in order.

    Args:
        case: whose.
    """
    kept: list[Batch] | None = vars(case).get("_batches")
    if kept is not None:
        return kept
    found: list[Batch] = []
    known: dict[tuple[object, ...], list[int]] = {}
    for tape in case.tapes:
        tensors = row_constants(case, tape)
        if not tensors:
            continue
        same = tuple((one.data_ptr(), one.shape, one.stride(), one.dtype) for one in tensors)
        if same not in known:  # tensors on tapes stay in memory, so their places tell them apart
            known[same] = joint_keys(tensors)
        place = case.target_place
        target = tape.constants[place] if place is not None and place < len(tape.constants) else None
        if target is not None and (not target.ndim or len(target) != len(tensors[0])):
            target = None
        found.append(Batch(tape.step, known[same], target))
    vars(case)["_batches"] = found
    return found


def first_epoch(case: Case) -> list[Batch]:
    """Return the batches of the first epoch, as far as its steps follow each other.

    It ends where the loader is begun again; without a loader, where most rows have been seen before.

    Args:
        case: whose.
    """
    seen: set[int] = set()
    kept: list[Batch] = []
    epochs = case.trainee.history.epoch if case.trainee.loader is not None else []
    for batch in batches_of(case):
        if kept and batch.step > kept[-1].step + 1:
            break
        if epochs:
            if (
                batch.step < len(epochs)
                and epochs[batch.step] != epochs[kept[0].step if kept else batch.step]
            ):
                break
        elif sum(key in seen for key in batch.keys) > 0.5 * len(batch.keys):
            break
        seen.update(batch.keys)
        kept.append(batch)
    return kept


def joint_keys(tensors: list[Tensor]) -> list[int]:
    """Return a key for each row of several tensors of one length, taken together.

    Args:
        tensors: at least one.
    """
    columns = [row_keys(one) for one in tensors]
    return columns[0] if len(columns) == 1 else [hash(parts) for parts in zip(*columns, strict=True)]


def loader_inputs(case: Case, loader: Loader | None) -> list[Tensor]:
    """Return the batches of a loader that enter the network just as the loader gives them.

    Args:
        case: whose network.
        loader: None gives none.
    """
    main = _main(case, case.tape)
    if loader is None or main is None or not loader.batches:
        return []
    known = set(row_keys(main))
    for tape in case.tapes[1:4]:
        other = _main(case, tape)
        known |= set(row_keys(other)) if other is not None else set()
    for number in range(len(loader.batches[0])):
        pieces = [batch[number] for batch in loader.batches if number < len(batch) and batch[number].ndim]
        pieces = [one for one in pieces if one.shape[1:] == main.shape[1:] and one.dtype == main.dtype]
        if pieces and known & {key for one in pieces for key in row_keys(one)}:
            return pieces
    return []


def training_keys(case: Case) -> set[int]:
    """Return the keys of all rows that are known to have been learned from.

    Args:
        case: whose.
    """
    found: set[int] = set()
    looked: set[tuple[object, ...]] = set()
    for tape in case.tapes:
        main = _main(case, tape)
        if main is not None and (same := (main.data_ptr(), main.shape, main.stride())) not in looked:
            looked.add(same)
            found.update(row_keys(main))
    loader = case.trainee.loader
    if loader is not None and loader.trained:
        for one in loader_inputs(case, loader):
            found.update(row_keys(one))
    return found


def evaluation_calls(case: Case, first_step: int = 0) -> list[list[EvaluationCall]]:
    """Return, pass by pass, the calls whose rows are known and are of the form that the network learns from.

    Args:
        case: whose network.
        first_step: passes before this step are left out.
    """
    train = case.train
    if train is None:
        return []
    passes = []
    for one in case.facts.evaluations:
        calls = [
            call
            for call in one.calls
            if call.module is case.network
            and call.inputs
            and call.inputs[0].ndim
            and call.inputs[0].shape[1:] == train.inputs.shape[1:]
        ]
        if calls and one.step >= first_step:
            passes.append(calls)
    return passes


@dataclass(frozen=True)
class Told:
    """What trees say of rows that they have not seen.

    Args:
        answer: (rows,), labels.
        surest: (rows,), share of the trees that say so.
        right: (rows,), whether it is the row's own label.
    """

    answer: NDArray[np.int64]
    surest: NDArray[np.float64]
    right: NDArray[np.bool_]


def cross_validated_trees(x: NDArray[np.float64], y: NDArray[np.int64]) -> Told | None:
    """Return what trees say of labels of rows that they have not seen; equal rows stand on one side.

    Args:
        x: (rows, columns).
        y: (rows,), labels.

    Example:
        >>> x = np.linspace(0, 1, 60)[:, None]
        >>> bool(cross_validated_trees(x, np.repeat([0, 1], 30)).right.mean() > 0.8)
        True

    Returns:
        None where a class has fewer than 3 rows.
    """
    _, counts = np.unique(y, return_counts=True)
    if len(counts) < 2 or counts.min() < 3:
        return None
    answer, surest = y.copy(), np.zeros(len(y))
    keys = row_keys(torch.from_numpy(np.ascontiguousarray(x)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for inside, outside in StratifiedGroupKFold(3, shuffle=True, random_state=0).split(x, y, keys):
            trees = ExtraTreesClassifier(60, min_samples_leaf=2, random_state=0, n_jobs=1).fit(
                x[inside], y[inside]
            )
            shares = trees.predict_proba(x[outside])
            surest[outside], answer[outside] = shares.max(1), trees.classes_[shares.argmax(1)]
    return Told(answer, surest, answer == y)


def answers_of_networks(case: Case) -> bool:
    """Return whether targets probably come from a network, as those of a teacher or of learning by reward.

    So it is where in most steps some network is called without learning, on rows that change.

    Args:
        case: whose.
    """
    steps = {tape.step for tape in case.tapes[:64]}
    first = [one for one in case.facts.evaluations if one.step in steps or one.step - 1 in steps]
    return len(case.facts.trainees) > 1 or (len(first) > 3 and len(first) > 0.5 * len(steps) and _vary(case))


def _vary(case: Case) -> bool:
    known = [
        torch.Size(call.output.shape) if not call.inputs else tuple(row_keys(call.inputs[0][:4]))
        for one in case.facts.evaluations[:3]
        for call in one.calls[:1]
        if not call.inputs or call.inputs[0].ndim
    ]
    return len(set(known)) > 1
