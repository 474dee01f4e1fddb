"""Whole networks built of layers."""

from netwright.nets.mlp import MLP
from netwright.nets.tabm import TabM
from netwright.nets.tabular_network import TabularNetwork

__all__ = ["MLP", "TabM", "TabularNetwork"]
