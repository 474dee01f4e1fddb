"""Terms of a loss that say something of the weights alone, as weight decay that is written out."""

from netwright.doctor.observe.operation import Outside, Ref
from netwright.doctor.observe.tape import Tape

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
