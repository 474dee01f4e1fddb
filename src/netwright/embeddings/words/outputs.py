"""How a word is predicted: against drawn words, or along its path in a tree."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from netwright.training.hogwild import HuffmanTree, alias_table


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

    def tree(self, counts: NDArray[np.int64]) -> HuffmanTree:
        """Return Huffman's tree over words.

        Args:
            counts: of each word.
        """
        return HuffmanTree(counts)
