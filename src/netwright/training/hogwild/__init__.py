"""A loop for models that are a few large tables: compiled kernels, in threads that share all weights."""

from netwright.training.hogwild.checkpoint import EpochCheckpoint, KeptState, kept_state, seed_of
from netwright.training.hogwild.engine import EpochReport, Work, run_epochs
from netwright.training.hogwild.huffman import HuffmanTree, Tree, no_tree
from netwright.training.hogwild.tables import alias_table, next_random, sigmoid_table, uniform

__all__ = [
    "EpochCheckpoint",
    "EpochReport",
    "HuffmanTree",
    "KeptState",
    "Tree",
    "Work",
    "alias_table",
    "kept_state",
    "next_random",
    "no_tree",
    "run_epochs",
    "seed_of",
    "sigmoid_table",
    "uniform",
]
