"""Huffman's tree: things that come often have short paths."""

import heapq
from typing import final

import numpy as np
from numpy.typing import NDArray


@final
class HuffmanTree:
    """Huffman's tree: for each thing the inner nodes on its path, and which way it goes at each.

    Args:
        counts: of each word; at least two words.

    Example:
        >>> tree = HuffmanTree(np.array([4, 2, 1]))
        >>> [tree.nodes[a:b].tolist() for a, b in zip(tree.starts[:-1], tree.starts[1:])]
        [[1], [1, 0], [1, 0]]
        >>> [tree.turns[a:b].tolist() for a, b in zip(tree.starts[:-1], tree.starts[1:])]
        [[1], [0, 1], [0, 0]]
    """

    def __init__(self, counts: NDArray[np.int64]) -> None:
        n = len(counts)
        parents, sides = _merge(np.asarray(counts, np.int64))
        paths = []
        turns = []
        for word in range(n):
            node, path, way = word, [], []
            while node != 2 * n - 2:
                way.append(int(sides[node]))
                node = int(parents[node])
                path.append(node - n)
            paths.append(path[::-1])
            turns.append(way[::-1])
        self.lengths = np.array([len(path) for path in paths], np.int64)
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)]).astype(np.int64)
        self.nodes = np.array([node for path in paths for node in path], np.int32)
        self.turns = np.array([turn for way in turns for turn in way], np.int8)

    @property
    def arrays(self) -> "Tree":
        """What compiled code takes: starts, nodes, turns."""
        return self.starts, self.nodes, self.turns


Tree = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int8]]


def no_tree() -> Tree:
    """Return an empty tree, where none is used.

    Example:
        >>> [len(one) for one in no_tree()]
        [0, 0, 0]
    """
    return np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int8)


def _merge(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Parent and side of each node: the two rarest are joined, again and again."""
    n = len(counts)
    parents, sides = np.zeros(2 * n - 1, np.int64), np.zeros(2 * n - 1, np.int64)
    heap = [(int(count), node) for node, count in enumerate(counts)]
    heapq.heapify(heap)
    for parent in range(n, 2 * n - 1):
        (low, one), (high, other) = heapq.heappop(heap), heapq.heappop(heap)
        parents[one] = parents[other] = parent
        sides[other] = 1
        heapq.heappush(heap, (low + high, parent))
    return parents, sides
