"""How a word is predicted: against drawn words, or along its path in a tree."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from netwright.training.hogwild import alias_table


@final
@dataclass(frozen=True)
class NegativeSampling:
    """Each right word is told from a few words that are drawn by frequency.

    A word that comes c times is drawn in proportion to c to a power, so that rare words come more often than
    they do in text.

    Args:
        n: words that are drawn, shared by the contexts of a window.
        power: 1 draws by frequency, 0 evenly; sessions of items are often better with a negative one.

    Example:
        >>> thresholds, aliases = NegativeSampling(n=5).tables(np.array([8, 1]))
        >>> len(thresholds), len(aliases)
        (2, 2)

    Source:
        Mikolov, Sutskever, Chen, Corrado and Dean (2013), "Distributed Representations of Words and Phrases
        and their Compositionality", arXiv:1310.4546
    """

    n: int = 5
    power: float = 0.75

    def tables(self, counts: NDArray[np.int64]) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
        """Return the tables from which compiled code draws, as `alias_table` makes them.

        Args:
            counts: of each word.
        """
        return alias_table(np.asarray(counts, np.float64) ** self.power)


@final
@dataclass(frozen=True)
class HierarchicalSoftmax:
    """Each word is a path of yes-or-no questions in Huffman's tree, short for frequent words.

    Example:
        >>> tree = HierarchicalSoftmax().tree(np.array([4, 2, 1]))
        >>> tree.lengths.tolist()
        [1, 2, 2]

    Source:
        Mikolov, Chen, Corrado and Dean (2013), "Efficient Estimation of Word Representations in Vector
        Space", arXiv:1301.3781
    """

    def tree(self, counts: NDArray[np.int64]) -> "WordTree":
        """Return Huffman's tree over words.

        Args:
            counts: of each word.
        """
        return WordTree(counts)


@final
class WordTree:
    """Huffman's tree: for each word the inner nodes on its path, and which way it goes at each.

    Args:
        counts: of each word; at least two words.

    Example:
        >>> tree = WordTree(np.array([4, 2, 1]))
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
    import heapq

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
