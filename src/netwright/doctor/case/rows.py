"""Rows as the network sees them: inputs and targets, and which rows are which."""

from dataclasses import dataclass
from hashlib import blake2b

import torch
from torch import Tensor


@dataclass
class Rows:
    """Rows with their targets.

    Args:
        inputs: (rows, ...), what entered the network; the first tensor where several did.
        target: (rows, ...), None where it is not known.
        output: (rows, ...), what the network answered, None where it was not kept.
        others: further tensors that entered with the same rows, such as masks.

    Example:
        >>> len(Rows(torch.zeros(3, 2), torch.zeros(3)))
        3
    """

    inputs: Tensor
    target: Tensor | None = None
    output: Tensor | None = None
    others: tuple[Tensor, ...] = ()

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def flat(self) -> Tensor:
        """(rows, features), as double precision numbers on the processor."""
        rows = self.inputs.detach() if self.inputs.ndim > 1 else self.inputs.detach()[:, None]
        return rows.flatten(1).double().cpu()

    def part(self, n_rows: int, seed: int = 0) -> "Rows":
        """Return at most so many rows, drawn without putting back.

        Args:
            n_rows: at most.
            seed: of the draw.
        """
        if len(self) <= n_rows:
            return self
        chosen = torch.randperm(len(self), generator=torch.Generator().manual_seed(seed))[:n_rows]
        return self.take(chosen)

    def take(self, chosen: Tensor) -> "Rows":
        """Return the rows of these numbers.

        Args:
            chosen: numbers of rows.
        """
        return Rows(
            self.inputs[chosen],
            None if self.target is None else self.target[chosen],
            None if self.output is None else self.output[chosen],
            tuple(other[chosen] for other in self.others),
        )


def stack(pieces: list[Rows]) -> Rows | None:
    """Join pieces that fit each other; those of another shape than the first are left out.

    Args:
        pieces: in order.

    Example:
        >>> len(stack([Rows(torch.zeros(3, 2)), Rows(torch.zeros(1, 2))]))
        4
        >>> stack([]) is None
        True
    """
    seen: set[tuple[int, int]] = set()
    kept: list[Rows] = []
    for piece in pieces:
        key = (piece.inputs.data_ptr(), len(piece))
        fits = not kept or _alike(piece, kept[0])
        if key in seen or not fits:
            continue
        seen.add(key)
        kept.append(piece)
    if not kept:
        return None
    has_target, has_output = kept[0].target is not None, all(one.output is not None for one in kept)
    same_output = has_output and len({one.output.shape[1:] for one in kept}) == 1  # type: ignore[union-attr]
    return Rows(
        torch.cat([one.inputs for one in kept]),
        torch.cat([one.target for one in kept]) if has_target else None,  # type: ignore[misc]
        torch.cat([one.output for one in kept]) if same_output else None,  # type: ignore[misc]
        tuple(torch.cat(parts) for parts in zip(*(one.others for one in kept), strict=True)),
    )


def _alike(one: Rows, other: Rows) -> bool:
    """Whether two pieces can be joined."""
    targets = [None if rows.target is None else rows.target.shape[1:] for rows in (one, other)]
    others = [[entry.shape[1:] for entry in rows.others] for rows in (one, other)]
    same = one.inputs.shape[1:] == other.inputs.shape[1:]
    return same and targets[0] == targets[1] and others[0] == others[1]


def row_keys(inputs: Tensor) -> list[int]:
    """Return a number for each row that equal rows share, and different ones practically never do.

    Args:
        inputs: (rows, ...).

    Example:
        >>> keys = row_keys(torch.tensor([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]))
        >>> keys[0] == keys[2], keys[0] == keys[1]
        (True, False)
    """
    rows = inputs.detach().reshape(len(inputs), -1).cpu() if len(inputs) else inputs.detach().cpu()
    if rows.is_floating_point():
        rows = rows.float().mul(1e6).round().add(0.0)  # minus zero is zero
    table = rows.contiguous().numpy()
    return [int.from_bytes(blake2b(row.tobytes(), digest_size=7).digest()) for row in table]
