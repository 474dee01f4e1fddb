"""Cross-entropies that a program writes out, rather than calling torch's function."""

from netwright.doctor.case.task import LossCall
from netwright.doctor.observe.operation import Operation, Ref
from netwright.doctor.observe.tape import Tape

TIMES = frozenset({"mul", "__mul__", "__rmul__", "multiply"})
PICKS = frozenset({"gather", "__getitem__", "take_along_dim", "index_select"})
SCALES = TIMES | {"neg", "__neg__", "negative", "mean", "sum", "div", "__truediv__", "true_divide", "divide"}
SUMS = frozenset({"add", "__add__", "__radd__", "sub", "__sub__", "stack"})
SHAPES = frozenset({"squeeze", "unsqueeze", "view", "reshape", "flatten", "to", "float", "type", "where"})


def written_cross_entropy(tape: Tape) -> LossCall | None:
    """Return the cross-entropy with classes that a tape writes out; None where it holds none.

    It is the logarithm of shares, times rows of targets that are shares themselves or picked by whole
    numbers, and after it nothing but a sign, a mean or a sum, numbers, and other losses that are added. So
    what weighs each row, such as the returns of a game, makes it something else.

    Args:
        tape: of a step.
    """
    logs: dict[int, tuple[str, int]] = {}
    for place, operation in enumerate(tape.operations):
        for number in operation.numbers():
            if number not in logs:
                continue
            target = _target(tape, operation)
            if target is not None and _only_scaled(tape, place):
                name, prediction = logs[number]
                return LossCall(name, operation, prediction, target, {})
        logs.update(_logarithm(operation, logs))
    return None


def _logarithm(operation: Operation, logs: dict[int, tuple[str, int]]) -> dict[int, tuple[str, int]]:
    """The logarithm of shares that an operation gives, with what torch's loss would be given."""
    taken, given = operation.numbers(), operation.outputs[:1]
    if operation.is_module or len(taken) != 1 or given[:1] == (None,) or not given:
        return {}
    (number,) = given
    assert number is not None  # noqa: S101 (asked above)
    if operation.name == "log_softmax":
        return {number: ("cross_entropy", taken[0])}
    if operation.name == "log":
        return {number: ("nll_loss", number)}
    if operation.name in SHAPES | {"neg", "__neg__"} and taken[0] in logs:
        return {number: logs[taken[0]]}
    return {}


def _target(tape: Tape, operation: Operation) -> int | None:
    """The place of the target by which shares are multiplied, or that picks among them."""
    places = [place for place in operation.constants() if tape.constants[place].ndim]
    if not places:
        return None
    target = tape.constants[places[-1]]
    if operation.name in PICKS:
        whole = not target.is_floating_point() and target.numel() == len(target)
        return places[-1] if whole else None
    if operation.name in TIMES and target.ndim > 1 and target.shape[1] > 1:
        rows = target.float()
        shares = bool((rows >= 0).all()) and bool(((rows.sum(1) - 1).abs() < 1e-3).all())
        return places[-1] if shares else None
    return None


def _only_scaled(tape: Tape, place: int) -> bool:
    """Whether nothing that has rows of its own meets what an operation gives, on the way to the loss."""
    on_way = {number for number in tape.operations[place].outputs if number is not None}
    for operation in tape.operations[place + 1 :]:
        if on_way.isdisjoint(operation.numbers()):
            continue
        constants = [tape.constants[one] for one in operation.constants()]
        others = [leaf for leaf in operation.leaves if isinstance(leaf, Ref) and leaf.number not in on_way]
        plain = operation.name in SCALES | SHAPES and not others
        if not (plain or operation.name in SUMS) or any(one.numel() > 1 for one in constants):
            return False
        on_way |= {number for number in operation.outputs if number is not None}
    return tape.loss in on_way
