"""What simple models get out of the same rows: a constant, a linear model, neighbours, trees."""

import warnings
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from netwright.doctor.case.case import Case
from netwright.doctor.case.making import train_rows
from netwright.doctor.case.outcome import Judged, Outcome, judge
from netwright.doctor.case.penalties import terms
from netwright.doctor.case.rows import Rows, row_keys
from netwright.doctor.case.task import Task, as_labels
from netwright.doctor.observe.copying import Copies

MOST_TRAIN, MOST_HELD_OUT, MOST_FEATURES, MOST_VALUES = 2000, 1000, 1024, 20_000
FEWEST_ROWS = 20
OTHER_UNITS = -5.0
"""Share of the variance below which every model is off because the held-out targets have other units."""
FOLDS = 3


def outcome_of(case: Case) -> Outcome | None:
    """Judge the network as it ended beside references; None where the task or the rows are not known.

    Args:
        case: of a training that has ended.
    """
    train, task = case.train, case.task
    if train is None or train.target is None or task.kind == "unknown" or len(train) < FEWEST_ROWS:
        return None
    if task.reconstructs:
        return _reconstruction(case)
    train = clean(train.part(MOST_TRAIN))
    copies = case.end()
    if copies is None or len(train) < FEWEST_ROWS:
        return None
    on_train = _network(case, copies, train, task, train)
    held_out = case.held_out
    if held_out is not None and held_out.target is not None and len(held_out) >= FEWEST_ROWS:
        rows = clean(held_out.part(MOST_HELD_OUT))
        network = _network(case, copies, rows, task, train)
        if network is not None and len(rows) >= FEWEST_ROWS:
            judged = references(train, rows, task)
            if task.kind != "numbers" or max(one.score for one in judged) > OTHER_UNITS:
                return Outcome(network, judged[0], tuple(judged[1:]), on_train, held_out=True, task=task)
    late = clean(late_rows(case).part(MOST_TRAIN))
    ended = _network(case, copies, late, task, late) if len(late) >= FEWEST_ROWS else on_train
    if ended is None:
        return None
    judged = cross_validated(late if len(late) >= FEWEST_ROWS else train, task)
    return Outcome(ended, judged[0], tuple(judged[1:]), ended, held_out=False, task=task)


def late_rows(case: Case) -> Rows:
    """Return rows of the last steps that were written down, whose targets are those of the end.

    Args:
        case: with training rows.
    """
    rows = train_rows(case.tapes[::-1], case.input_places, case.target_place)
    return rows if rows is not None else Rows(torch.zeros(0, 1))


def _reconstruction(case: Case) -> Outcome | None:
    """An autoencoder beside the principal components of as many numbers as its narrowest layer."""
    copies, train = case.end(), case.train
    if copies is None or train is None:
        return None
    train = clean(train.part(MOST_TRAIN))
    rows = clean(case.held_out.part(MOST_HELD_OUT)) if case.held_out is not None else train
    width = narrowest(case, copies, rows)
    answer = case.predict(copies, rows)
    flat = train.flat
    if answer is None or width is None or answer.numel() != rows.flat.numel() or len(rows) < FEWEST_ROWS:
        return None
    if width >= min(flat.shape) or flat.shape[1] > 2 * MOST_FEATURES:
        return None
    mean = flat.mean(0)
    axes = torch.linalg.svd(flat - mean, full_matrices=False)[2][:width]
    rebuilt = (rows.flat - mean) @ axes.T @ axes + mean
    like = train.inputs
    shape = rows.inputs.shape
    judged = [
        judge(name, one.reshape(shape), rows.inputs, Task("numbers"), like)
        for name, one in (
            ("network", as_labels(answer, case.task)),
            ("constant", mean.expand(len(rows), -1)),
            (f"{width} principal components", rebuilt),
        )
    ]
    network, constant, components = judged
    if network is None or constant is None or components is None:
        return None
    held_out = case.held_out is not None
    others = len(terms(case.tape)) > 1
    return Outcome(network, constant, (components,), network, held_out, Task("numbers"), others)


def narrowest(case: Case, copies: Copies, rows: Rows) -> int | None:
    """Return the smallest number of values that a part of the networks passes on for one row.

    Args:
        case: whose.
        copies: of `end`.
        rows: that are sent through.
    """
    widths: list[int] = []

    def hear(_module: nn.Module, _inputs: Any, output: Any) -> None:
        if isinstance(output, Tensor) and output.ndim > 1 and len(output) == len(rows):
            widths.append(output[0].numel())

    handles = [part.register_forward_hook(hear) for one in copies.modules.values() for part in one.modules()]
    case.predict(copies, rows)
    for handle in handles:
        handle.remove()
    return min(widths, default=None)


def clean(rows: Rows) -> Rows:
    """Return the rows without NaN or infinity.

    Args:
        rows: of which some may be broken.
    """
    good = torch.isfinite(rows.flat).all(1)
    if rows.target is not None:
        good &= torch.isfinite(rows.target.detach().reshape(len(rows), -1).double().cpu()).all(1)
    return rows if bool(good.all()) else rows.take(good.nonzero().flatten())


def _network(case: Case, copies: Any, rows: Rows, task: Task, train: Rows) -> Judged | None:
    prediction = case.predict(copies, rows)
    if prediction is None:
        prediction = rows.output
    if prediction is None or rows.target is None or train.target is None:
        return None
    if (case.task.kind == "classes" and prediction.ndim > 2) or len(prediction) != len(rows):
        pass  # one answer for each step or pixel: labels are compared one by one all the same
    return judge("network", as_labels(prediction, task), rows.target, task, train.target)


def references(train: Rows, rows: Rows, task: Task) -> list[Judged]:
    """Fit the constant and the references on training rows, and judge them on others.

    Args:
        train: rows to learn from, with targets.
        rows: rows to be judged on, with targets.
        task: what is learned.

    Returns:
        The constant first.
    """
    found: list[Judged] = []
    if train.target is None or rows.target is None:
        return found
    for name, answer in _answers(train, rows, task):
        judged = judge(name, answer, rows.target, task, train.target)
        if judged is not None:
            found.append(judged)
    return found


def cross_validated(train: Rows, task: Task) -> list[Judged]:
    """Judge the constant and the references on training rows, each by models that have not seen them.

    Args:
        train: rows with targets.
        task: what is learned.

    Returns:
        The constant first.
    """
    if train.target is None:
        return []
    answers: dict[str, list[Tensor]] = {}
    order = []
    keys = np.unique(row_keys(train.inputs), return_inverse=True)[1]  # equal rows stand on one side
    part = np.random.default_rng(0).permutation(keys.max() + 1)[keys] % FOLDS
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(part != fold), np.flatnonzero(part == fold)
        order.append(torch.as_tensor(outside))
        for name, answer in _answers(train.take(torch.as_tensor(inside)), train.take(order[-1]), task):
            answers.setdefault(name, []).append(answer)
    places = torch.cat(order)
    target = train.target[places]
    found = []
    for name, parts in answers.items():
        judged = judge(name, torch.cat(parts), target, task, train.target)
        if judged is not None:
            back = np.argsort(places.numpy())
            found.append(Judged(name, judged.goods[back], judged.balanced[back]))
    return found


def _answers(train: Rows, rows: Rows, task: Task) -> list[tuple[str, Tensor]]:
    if train.target is None:
        return []
    target = train.target.detach().cpu()
    if task.kind == "classes" and target.is_floating_point() and target.ndim > 1:
        target = target.argmax(1)
    by_row = target.reshape(len(train), -1)
    constant = by_row.mode(0)[0] if task.kind != "numbers" else by_row.double().mean(0)
    found = [("constant", constant.expand(len(rows), -1).reshape(len(rows), *target.shape[1:]))]
    if (
        by_row.shape[1] > 1
        and not train.inputs.is_floating_point()
        and train.inputs.shape == train.target.shape
    ):
        return [*found, ("commonest answer to each token", _by_token(train, rows))]  # rows hold their answers
    if by_row.shape[1] * len(train) > MOST_VALUES * 10 or by_row.shape[1] > 64:
        return found
    x, z = features(train, rows)
    y = by_row.numpy().squeeze(1) if by_row.shape[1] == 1 else by_row.numpy()
    for name, model in _models(task, y):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                answer = model.fit(x, y).predict(z)
            except ValueError:  # one class alone, or a table that a model refuses
                continue
        found.append((name, torch.as_tensor(np.asarray(answer)).reshape(len(rows), *target.shape[1:])))
    return found


def _by_token(train: Rows, rows: Rows) -> Tensor:
    """The commonest target that stands at each input token in training."""
    if train.target is None:
        return rows.inputs
    pairs, counts = torch.unique(
        torch.stack([train.inputs.flatten().cpu(), train.target.flatten().cpu()]), dim=1, return_counts=True
    )
    order = counts.argsort(stable=True)
    order = order[pairs[0, order].argsort(stable=True)]  # by token, the commonest answer last
    tokens, answers = pairs[:, order]
    known, n_answers = torch.unique_consecutive(tokens, return_counts=True)
    everywhere = int(train.target.flatten().mode()[0])
    table = torch.full((int(max(train.inputs.max(), rows.inputs.max())) + 1,), everywhere)
    table[known] = answers[n_answers.cumsum(0) - 1]
    return table[rows.inputs.cpu()]


def _models(task: Task, y: NDArray[Any]) -> list[tuple[str, Any]]:
    trees = {"n_estimators": 60, "min_samples_leaf": 2, "random_state": 0, "n_jobs": 1}
    if task.kind == "numbers":
        return [
            ("linear model", make_pipeline(StandardScaler(), Ridge(1.0))),
            ("5 nearest neighbours", make_pipeline(StandardScaler(), KNeighborsRegressor(5))),
            ("trees", ExtraTreesRegressor(**trees)),
        ]
    if len(np.unique(y)) < 2:
        return []
    linear: Any = LogisticRegression(max_iter=200, C=1.0) if y.ndim == 1 else RidgeClassifier()
    return [
        ("linear model", make_pipeline(StandardScaler(), linear)),
        ("5 nearest neighbours", make_pipeline(StandardScaler(), KNeighborsClassifier(5))),
        ("trees", ExtraTreesClassifier(**trees)),
    ]


def features(train: Rows, rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both kinds of rows as tables: flattened numbers, or counts of tokens and the last ones.

    Args:
        train: rows.
        rows: others of the same shape.
    """
    tokens = train.inputs
    whole = not tokens.is_floating_point() and tokens.ndim == 2 and tokens.shape[1] > 1
    if whole and int(tokens.max()) >= 2 and int(tokens.min()) >= 0:
        return _counts(tokens), _counts(rows.inputs)
    x, z = train.flat.numpy(), rows.flat.numpy()
    if x.shape[1] > MOST_FEATURES:
        project = np.random.default_rng(0).standard_normal((x.shape[1], MOST_FEATURES // 4)) / 16
        return x @ project, z @ project
    return x, z


def _counts(tokens: Tensor) -> NDArray[np.float64]:
    bins = MOST_FEATURES
    hashed = tokens.detach().cpu().long() % bins
    counts = torch.zeros(len(tokens), bins, dtype=torch.float64)
    counts.scatter_add_(1, hashed, torch.ones_like(hashed, dtype=torch.float64))
    last = tokens[:, -4:].detach().cpu().double()
    table: NDArray[np.float64] = torch.cat([counts, last], 1).numpy()
    return table
