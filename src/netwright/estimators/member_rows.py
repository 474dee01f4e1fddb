"""The answers of members as rows of their own, each with the target and the weight of its row."""

from torch import Tensor

from netwright.training import Batch


def member_rows(outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return outputs as (rows, outputs), with targets and weights that fit them.

    Args:
        outputs: (rows, outputs), which stay as they are, or (rows, members, outputs).
        batch: whose outputs they are.

    Example:
        >>> import torch
        >>> batch = Batch(torch.zeros(2, 1), torch.tensor([5.0, 7.0]))
        >>> rows, target, weight = member_rows(torch.zeros(2, 3, 1), batch)
        >>> rows.shape, target.tolist(), weight
        (torch.Size([6, 1]), [5.0, 5.0, 5.0, 7.0, 7.0, 7.0], None)
    """
    if outputs.ndim != 3:
        return outputs, batch.target, batch.weight
    members, weight = outputs.shape[1], batch.weight
    weight = None if weight is None else weight.repeat_interleave(members)
    return outputs.flatten(0, 1), batch.target.repeat_interleave(members, 0), weight
