"""Whole networks built of layers."""

from netwright.nets.group_network import GroupNetwork
from netwright.nets.mlp import MLP
from netwright.nets.tabm import TabM
from netwright.nets.tabular_network import TabularNetwork

__all__ = ["MLP", "GroupNetwork", "TabM", "TabularNetwork"]
