"""A convolution along time over two neighbouring steps, with three products where there were four."""

from typing import final

import torch
from torch import Tensor


@final
class WindowOfTwo:
    """A convolution along time with a kernel of two steps, by three products for every two outputs.

        y_1 = A x_0 + B x_1 = (A + B) x_1 + A (x_0 - x_1)
        y_2 = A x_1 + B x_2 = (A + B) x_1 + B (x_2 - x_1)

    Directly they are four. Only steps of an output's own window are joined, so that nothing leaks from
    others. The number of steps must be even.

    Source:
        Winograd (1980), "Arithmetic Complexity of Computations", ISBN 978-0-89871-163-9: F(2, 2).
    """

    def __init__(self, weight: Tensor) -> None:
        self.older, self.newer = weight.chunk(2, -1)
        self.both = self.older + self.newer
        self.d_older, self.d_newer, self.d_both = (torch.zeros_like(self.both) for _ in range(3))

    def ahead(self, x: Tensor, past: Tensor, bias: Tensor, out: Tensor) -> None:
        """Products of (rows, time, features) and the step before them, written into a contiguous tensor."""
        left, middle, right = _parts(x, past)
        shared = torch.mm(middle, self.both.t()).add_(bias)
        first, second = _pairs(out)
        torch.addmm(shared, left, self.older.t(), out=first)
        torch.addmm(shared, right, self.newer.t(), out=second)

    def back(self, x: Tensor, past: Tensor, gradient: Tensor, out: Tensor | None) -> tuple[Tensor, Tensor]:
        """Take up the weight's gradient and write that of x, where there is a place; answer the others'.

        They are those of the bias and of the step before, the latter in vain where there is no place.
        """
        left, middle, right = _parts(x, past)
        first, second = _pairs(gradient)
        shared = first + second
        self.d_older.addmm_(first.t(), left)
        self.d_newer.addmm_(second.t(), right)
        self.d_both.addmm_(shared.t(), middle)
        if out is None:
            return shared.sum(0), past
        to_left, to_right = torch.mm(first, self.older), torch.mm(second, self.newer)
        sent_back = to_left.view(len(out), -1, out.shape[-1])
        out[:, 1::2] = to_right.view_as(sent_back)
        out[:, 1:-1:2].add_(sent_back[:, 1:])
        torch.addmm(to_left + to_right, shared, self.both, beta=-1, out=_pairs(out)[0])
        return shared.sum(0), sent_back[:, :1]

    def gradient(self) -> Tensor:
        """That of the weight, from all that was taken up."""
        return torch.cat([self.d_older + self.d_both, self.d_newer + self.d_both], -1)


def _pairs(x: Tensor) -> tuple[Tensor, Tensor]:
    """Every other step of all rows below each other, the first ones and the second ones."""
    first, second = x.view(-1, 2, x.shape[-1]).unbind(1)
    return first, second


def _parts(x: Tensor, past: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    middle, newer = x[:, ::2], x[:, 1::2]
    left = torch.cat([past, newer[:, :-1]], 1).sub_(middle)
    return left.flatten(0, 1), middle.flatten(0, 1), (newer - middle).flatten(0, 1)
