"""Whole networks built of layers."""

from netwright.nets.bert import BERT
from netwright.nets.bilstm_max import BiLSTMMax
from netwright.nets.dan import DAN
from netwright.nets.mlp import MLP
from netwright.nets.pair_classifier import PairClassifier
from netwright.nets.tabm import TabM
from netwright.nets.tabular_network import TabularNetwork

__all__ = ["BERT", "DAN", "MLP", "BiLSTMMax", "PairClassifier", "TabM", "TabularNetwork"]
