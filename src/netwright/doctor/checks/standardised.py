"""Whether the columns of a table are standardised."""

from collections.abc import Iterator

from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.checks.data_values import FEWEST_ROWS, place_of
from netwright.doctor.checks.seen import is_tabular
from netwright.doctor.finding import Finding

FAR, NARROW, WIDE = 3.0, 0.2, 5.0


def check_standardised(case: Case) -> Iterator[Finding]:
    """P01, the rule: columns whose mean lies over 3 deviations from 0, or with a deviation outside 0.2 to 5.

    Information: networks that learn well from such columns are common, and whether it harms is for a trial
    to say. Columns of one or two values, such as those of yes and no, are left out.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    rows = case.train
    if rows is None or len(rows) < FEWEST_ROWS or not is_tabular(rows.inputs):
        return
    off = unlike_standard(rows.flat)
    if not off:
        return
    mean, spread = rows.flat[:, off[0]].mean(), rows.flat[:, off[0]].std(unbiased=False)
    yield Finding(
        "unscaled_input",
        "info",
        f"{len(off)} of {rows.flat.shape[1]} columns are not standardised; column {off[0]} has mean "
        f"{float(mean):.3g} and deviation {float(spread):.3g}.",
        place_of(case),
        {"columns": off[:32], "of": rows.flat.shape[1]},
        "Standardise each column with the mean and deviation of the training rows.",
    )


def unlike_standard(table: Tensor) -> list[int]:
    """Return the numbers of the columns that are far from mean 0 and deviation 1.

    Args:
        table: (rows, columns), in double precision.

    Example:
        >>> import torch
        >>> unlike_standard(torch.tensor([[0.0, 100.0], [1.0, 101.0], [-1.0, 102.0]]).double())
        [1]
    """
    found = []
    for number, column in enumerate(table.T):
        spread = float(column.std(unbiased=False))
        if len(column.unique()) < 3 or not spread > 0:
            continue
        if abs(float(column.mean())) > FAR * spread or not NARROW <= spread <= WIDE:
            found.append(number)
    return found
