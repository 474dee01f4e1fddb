"""From facts to cases: which network, which task, which rows."""

import contextlib

import torch
from torch import Tensor, nn

from netwright.doctor.case.budget import Budget
from netwright.doctor.case.case import Case
from netwright.doctor.case.hand_moved import plain_descent
from netwright.doctor.case.rows import Rows, row_keys, stack
from netwright.doctor.case.task import (
    CLASS_LOSSES,
    OTHER_LOSSES,
    LossCall,
    Task,
    hand_written_target,
    loss_calls,
    task_of,
)
from netwright.doctor.case.written import written_cross_entropy
from netwright.doctor.observe.copying import Copies
from netwright.doctor.observe.facts import EvaluationCall, Facts, Trainee
from netwright.doctor.observe.operation import Operation
from netwright.doctor.observe.tape import Tape, play

MOST_ROWS = 10_000


def make_cases(facts: Facts, budget: Budget) -> list[Case]:
    """Return a case for each optimizer whose steps were written down.

    Args:
        facts: of a run.
        budget: that the cases share.
    """
    found = []
    for trainee in facts.trainees:
        tapes = [tape for tape in trainee.tapes if tape.intact]
        if tapes and trainee.optimizer is None:
            with contextlib.suppress(Exception):  # whatever somebody's own operations raise on copies
                trainee.optimizer = plain_descent(facts, trainee, tapes[0])
        if tapes:
            found.append(_case(facts, trainee, tapes, budget))
    for one in found:
        if any(_opponents(one, other) for other in found):
            one.task, one.held_out = Task("unknown", one.task.loss), None
    return found


def _numbers_rows(tape: Tape, target_place: int | None) -> bool:
    """Whether the targets number the rows, as where each is to find its partner in the batch."""
    if target_place is None or target_place >= len(tape.constants):
        return False
    target = tape.constants[target_place]
    if target.is_floating_point() or target.ndim != 1 or len(target) < 4:
        return False
    return bool((target == torch.arange(len(target), device=target.device)).all())


def _opponents(one: Case, other: Case) -> bool:
    """Whether two optimizers move networks of each other's losses in turn, each by a loss of its own.

    Such players of a game have no loss that has to fall.
    """
    if one is other or one.tape.line == other.tape.line:
        return False
    shared = {id(module) for module in one.modules} & {id(module) for module in other.modules}
    mine, theirs = one.trainee.history.seconds, other.trainee.history.seconds
    return bool(shared) and mine[0] < theirs[-1] and theirs[0] < mine[-1]


def _case(facts: Facts, trainee: Trainee, tapes: list[Tape], budget: Budget) -> Case:
    first = tapes[0]
    call = _main_call(first, trainee)
    network = call.function if call is not None else None
    if not isinstance(network, nn.Module):
        network = None
    loss, prediction, target_place = _judged(first)
    input_places = _entries(first, call, target_place)
    target = None if target_place is None else first.constants[target_place]
    task = task_of(first, target, _value(facts, first, prediction), loss)
    if all(_numbers_rows(tape, target_place) for tape in tapes[:8]):
        task = Task("unknown", task.loss)
    case = Case(
        facts,
        trainee,
        tapes,
        network,
        facts.names.get(id(network), "") if network is not None else "",
        call,
        task,
        loss,
        prediction,
        target_place,
        input_places,
        train_rows(tapes, input_places, target_place),
        None,
        budget,
    )
    if case.train is not None:
        case.held_out = _held_out(case)
    return case


def _main_call(tape: Tape, trainee: Trainee) -> Operation | None:
    """The call of the network with the most parameters that this optimizer moves."""
    moved = (
        {id(p) for group in trainee.optimizer.optimizer.param_groups for p in group["params"]}
        if trainee.optimizer
        else set()
    )

    def size(operation: Operation) -> int:
        parameters = operation.function.parameters()  # type: ignore[attr-defined]
        return sum(p.numel() for p in parameters if not moved or id(p) in moved)

    calls = [one for one in tape.calls if size(one)]
    calls = [one for one in calls if one.constants()] or calls  # an encoder rather than its decoder
    return max(calls, key=size) if calls else max(tape.calls, key=lambda _: 0, default=None)


def _entries(tape: Tape, call: Operation | None, target: int | None) -> tuple[int, ...]:
    """Places of what enters the network; without one, of what first meets weights."""
    entered = next((one for one in (call, *tape.calls) if one is not None and one.constants()), None)
    if entered is not None:
        return tuple(entered.entries())
    for operation in tape.operations:
        places = [place for place in operation.constants() if place != target]
        if places and tape.constants[places[0]].ndim:
            return tuple(places)
    return ()


def _judged(tape: Tape) -> tuple[LossCall | None, int | None, int | None]:
    """The loss function, the number of the prediction and the place of the target."""
    calls = [one for one in loss_calls(tape) if one.prediction is not None]
    with_target = [one for one in calls if one.target is not None]
    if with_target:
        best = min(with_target, key=lambda one: (one.name in OTHER_LOSSES, one.name not in CLASS_LOSSES))
        return best, best.prediction, best.target
    if calls:
        return calls[0], calls[0].prediction, None
    entropy = written_cross_entropy(tape)
    if entropy is not None:
        return entropy, entropy.prediction, entropy.target
    written = hand_written_target(tape)
    return (None, *written) if written else (None, None, None)


def _value(facts: Facts, tape: Tape, number: int | None) -> Tensor | None:
    """What the tape computed there, by playing it on copies of the beginning."""
    if number is None or any(id(one) not in facts.initial for one in tape.modules):
        return None
    if any(id(one) not in facts.initial_weights for one in tape.weights):
        return None
    modules = {id(one): facts.initial[id(one)][1] for one in tape.modules}
    weights = {id(one): facts.initial_weights[id(one)][1] for one in tape.weights}
    copies = Copies(modules, weights).again()
    try:
        with torch.random.fork_rng(), torch.no_grad():
            value = play(tape, copies.modules, copies.weights).values[number]
    except Exception:  # the program's own operations, in another place than they were written for
        return None
    return value if isinstance(value, Tensor) else None


def train_rows(tapes: list[Tape], input_places: tuple[int, ...], target_place: int | None) -> Rows | None:
    """Return the rows of one epoch, until most of a batch have been seen before; None without rows.

    Args:
        tapes: in the order in which their rows are taken.
        input_places: of what enters the network.
        target_place: of the target.
    """
    pieces, n_rows, seen = [], 0, set[int]()
    for tape in tapes:
        inputs = [tape.constants[place] for place in input_places if place < len(tape.constants)]
        inputs = [one for one in inputs if one.ndim]
        if not inputs or n_rows >= MOST_ROWS:
            continue
        main, *others = inputs
        keys = row_keys(main)
        if sum(key in seen for key in keys) > 0.5 * len(keys):
            break
        seen.update(keys)
        if any(len(other) != len(main) for other in others):
            others = []
        places = range(len(tape.constants))
        target = tape.constants[target_place] if target_place is not None and target_place in places else None
        pieces.append(Rows(main, fitted(target, len(main)), None, tuple(others)))
        n_rows += len(main)
    return stack(pieces)


def fitted(target: Tensor | None, n_rows: int) -> Tensor | None:
    """Return the target with one entry for each row, None where it does not divide into rows.

    Args:
        target: as the loss took it, such as all steps of all sequences in one axis.
        n_rows: of the input.
    """
    if target is None or not target.ndim or not n_rows:
        return None
    if len(target) == n_rows:
        return target
    if target.ndim == 1 and len(target) % n_rows == 0:
        return target.reshape(n_rows, -1)
    return None


def _held_out(case: Case) -> Rows | None:
    """Rows of the last pass that the network does not learn from, with their targets."""
    if case.train is None:
        return None
    known = set(row_keys(case.train.inputs))
    for evaluation in reversed(case.facts.evaluations):
        calls = [one for one in evaluation.calls if one.module is case.network and one.inputs]
        pieces = [piece for call in calls if (piece := evaluated(case, call, known)) is not None]
        rows = stack(pieces)
        if rows is not None:
            case.validation = evaluation
            return rows
    return None


def evaluated(case: Case, call: EvaluationCall, known: set[int]) -> Rows | None:
    """Return the rows of a call with their targets; None where they are not held out.

    Args:
        case: whose training rows are known.
        call: of its network.
        known: keys of the training rows.
    """
    if case.train is None:
        return None
    told = case.call.targets if case.call is not None else ()
    inputs = [one for which, one in enumerate(call.inputs) if one.ndim and which not in told]
    if not inputs or inputs[0].shape[1:] != case.train.inputs.shape[1:]:
        return None
    main, *others = inputs
    keys = row_keys(main[:512])
    if sum(key in known for key in keys) > 0.5 * len(keys):
        return None
    wanted = case.train.target
    fitting = [
        one
        for one in (*_told(case, call), *call.others, *(() if told else call.batch))
        if one.data_ptr() != main.data_ptr() and wanted is not None and _fits(one, wanted, len(main))
    ]
    target = None
    if wanted is not None:
        kind = wanted.dtype
        target = min(fitting, key=lambda one: one.dtype != kind, default=None)
    if case.task.reconstructs:
        target = main
    if target is not None and wanted is not None and _counts_more(case.task, target, wanted):
        target = None
    same = [one for one in others if len(one) == len(main)]
    output = call.output if len(call.output) == len(main) else None
    return Rows(main, target, output, tuple(same[: len(case.train.others)]))


def _told(case: Case, call: EvaluationCall) -> list[Tensor]:
    """Targets that the network itself was given, where its loss takes them as they are."""
    if case.call is None or case.target_place is None:
        return []
    memory = case.tape.constants[case.target_place].data_ptr()
    places = case.call.entries(targets=True)
    if not any(case.tape.constants[place].data_ptr() == memory for place in places):
        return []
    return [call.inputs[which] for which in case.call.targets if which < len(call.inputs)]


def _counts_more(task: Task, target: Tensor, wanted: Tensor) -> bool:
    """Whether far more labels count than in training, as where only hidden tokens were asked for."""
    if task.kind != "classes" or task.ignore is None:
        return False
    ignored, before = (float((one == task.ignore).double().mean()) for one in (target, wanted))
    return before > 0.5 > 2 * ignored


def _fits(one: Tensor, wanted: Tensor, n_rows: int) -> bool:
    return bool(
        one.ndim
        and len(one) == n_rows
        and (wanted.is_floating_point() or not one.is_floating_point())
        and one.numel() // max(len(one), 1) == wanted.numel() // max(len(wanted), 1)
    )
