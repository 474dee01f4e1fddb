"""Whole networks built of layers."""

from netwright.nets.bidirectional_language_model import BidirectionalLanguageModel
from netwright.nets.character_language_model import CharacterLanguageModel
from netwright.nets.chars2vec import Chars2VecNetwork
from netwright.nets.mlp import MLP
from netwright.nets.quick_thought import QuickThoughtNetwork
from netwright.nets.skip_thought import SkipThoughtNetwork
from netwright.nets.tabm import TabM
from netwright.nets.tabular_network import TabularNetwork
from netwright.nets.tweet2vec import Tweet2VecNetwork
from netwright.nets.word_encoders import CharacterBiLSTM, CharacterCNN

__all__ = [
    "MLP",
    "BidirectionalLanguageModel",
    "CharacterBiLSTM",
    "CharacterCNN",
    "CharacterLanguageModel",
    "Chars2VecNetwork",
    "QuickThoughtNetwork",
    "SkipThoughtNetwork",
    "TabM",
    "TabularNetwork",
    "Tweet2VecNetwork",
]
