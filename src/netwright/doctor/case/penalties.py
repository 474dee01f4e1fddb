"""Terms that are added up to a loss, and those among them that say something of the weights alone."""

from netwright.doctor.observe.operation import Operation, Outside, Ref
from netwright.doctor.observe.tape import Tape

SCALES = frozenset({"mul", "__mul__", "__rmul__", "div", "__truediv__", "true_divide", "neg", "__neg__"})
SUMS = frozenset({"add", "__add__", "__radd__", "__iadd__", "add_", "sub", "__sub__"})


def penalties(tape: Tape) -> frozenset[int]:
    """Return the numbers of the terms that are added to the loss and depend on nothing but weights.

    Args:
        tape: of a step.

    Example:
        >>> penalties(Tape((), 0, 0.0, (), ()))
        frozenset()
    """
    of_rows: set[int] = set()
    of_weights: set[int] = set()
    found: set[int] = set()
    for operation in tape.operations:
        outputs = {number for number in operation.outputs if number is not None}
        numbers = set(operation.numbers())
        if (
            operation.is_module
            or numbers & of_rows
            or any(isinstance(one, Outside) for one in operation.leaves)
        ):
            of_rows |= outputs
            refs = [one for one in operation.leaves if isinstance(one, Ref)]
            if operation.name in SUMS and len(refs) == 2 and numbers & of_rows:
                found |= numbers & of_weights
        else:
            of_weights |= outputs
    return frozenset(found)


def terms(tape: Tape, *, scaled: bool = False) -> list[int]:
    """Return the numbers of the terms that are scaled and added up to a loss, itself where it is one.

    Args:
        tape: of a step.
        scaled: whether each is meant with its factor, as it enters the sum.

    Example:
        >>> terms(Tape((), 3, 0.0, (), ()))
        [3]
    """
    makers = {number: one for one in tape.operations for number in one.outputs if number is not None}
    found, left = [], [tape.loss]
    while left:
        number = left.pop()
        parts = _parts(makers.get(number), scaled=scaled)
        left += parts
        if not parts:
            found.append(number)
    return found


def _parts(operation: Operation | None, *, scaled: bool) -> list[int]:
    """What an operation adds up, or scales by a plain number; nothing where it does something else."""
    if operation is None or not all(isinstance(one, Ref | int | float) for one in operation.leaves):
        return []
    numbers = operation.numbers()
    scales = operation.name in SCALES and len(numbers) == 1 and not scaled
    return numbers if operation.name in SUMS or scales else []
