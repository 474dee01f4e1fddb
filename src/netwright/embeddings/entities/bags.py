"""Bags of features: lists of numbers of all lengths, one behind the other, and their vectors."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from netwright.data import TokenStream


@final
@dataclass(frozen=True)
class Bags:
    """Lists of numbers of features, one behind the other.

    Args:
        ids: (features) of all bags.
        starts: (bags + 1), where each bag begins; the last one is where all end.

    Example:
        >>> bags = Bags(torch.tensor([4, 2, 7]), torch.tensor([0, 2, 2, 3]))
        >>> bags.lengths.tolist(), bags.take(torch.tensor([2, 0])).ids.tolist()
        ([2, 0, 1], [7, 4, 2])
    """

    ids: Tensor
    starts: Tensor

    @classmethod
    def of_lists(cls, lists: list[list[int]]) -> "Bags":
        """Return bags of lists.

        Args:
            lists: of numbers.

        Example:
            >>> Bags.of_lists([[4, 2], []]).starts.tolist()
            [0, 2, 2]
        """
        lengths = torch.tensor([len(one) for one in lists], dtype=torch.int64)
        ids = torch.tensor([number for one in lists for number in one], dtype=torch.int64)
        return cls(ids, F.pad(lengths.cumsum(0), (1, 0)))

    @classmethod
    def of_stream(cls, stream: TokenStream) -> "Bags":
        """Return a bag for each sentence of a stream.

        Args:
            stream: of word numbers.

        Example:
            >>> Bags.of_stream(TokenStream(np.array([0, 1, -1, -1], np.int32))).lengths.tolist()
            [2, 0]
        """
        inside: NDArray[np.bool_] = stream.ids >= 0
        lengths = np.diff(stream.ends, prepend=-1) - 1
        starts = np.concatenate([[0], np.cumsum(lengths)])
        return cls(torch.from_numpy(stream.ids[inside].astype(np.int64)), torch.from_numpy(starts))

    @property
    def lengths(self) -> Tensor:
        """How many features each bag has."""
        return self.starts.diff()

    def __len__(self) -> int:
        return len(self.starts) - 1

    def take(self, rows: Tensor) -> "Bags":
        """Return some of the bags.

        Args:
            rows: their numbers, each once or more.
        """
        return Bags(self.ids[self.places(rows)], F.pad(self.lengths[rows].cumsum(0), (1, 0)))

    def places(self, rows: Tensor) -> Tensor:
        """Return where the features of some bags stand in `ids`.

        Args:
            rows: numbers of bags.
        """
        lengths = self.lengths[rows]
        before = lengths.cumsum(0) - lengths
        return torch.arange(int(lengths.sum())) + torch.repeat_interleave(self.starts[rows] - before, lengths)

    def owners(self) -> Tensor:
        """Return the bag that each feature stands in."""
        return torch.repeat_interleave(torch.arange(len(self)), self.lengths)


def embed_bags(weight: Tensor, bags: Bags, p: float, counted: Tensor | None = None) -> Tensor:
    """Return the vector of each bag: the sum of its features' over a power of their number.

        bag = sum_i F_i / n^p

    Args:
        weight: (features, width).
        bags: of features; an empty one has a zero vector.
        p: 0 leaves the sum as it is, 1 makes it the mean.
        counted: for each feature 1, or 0 where it is left out; None counts all.

    Example:
        >>> embed_bags(torch.eye(2), Bags(torch.tensor([0, 0, 1, 1]), torch.tensor([0, 4])), p=0.5)
        tensor([[1., 1.]])
    """
    summed = F.embedding_bag(
        bags.ids, weight, bags.starts[:-1], mode="sum", per_sample_weights=counted, sparse=True
    )
    n = bags.lengths if counted is None else torch.zeros(len(bags)).index_add(0, bags.owners(), counted)
    return summed / n.clamp(min=1).to(weight.dtype)[:, None] ** p
