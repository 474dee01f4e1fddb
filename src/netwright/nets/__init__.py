"""Whole networks built of layers."""

from netwright.nets.bert import BERT
from netwright.nets.bidirectional_language_model import BidirectionalLanguageModel
from netwright.nets.bilstm_max import BiLSTMMax
from netwright.nets.character_language_model import CharacterLanguageModel
from netwright.nets.chars2vec import Chars2VecNetwork
from netwright.nets.dan import DAN
from netwright.nets.group_network import GroupNetwork
from netwright.nets.mlp import MLP
from netwright.nets.pair_classifier import PairClassifier
from netwright.nets.picture_net import PictureNet
from netwright.nets.quick_thought import QuickThoughtNetwork
from netwright.nets.skip_thought import SkipThoughtNetwork
from netwright.nets.standardised import Standardised
from netwright.nets.tabm import TabM
from netwright.nets.tabular_network import TabularNetwork
from netwright.nets.tweet2vec import Tweet2VecNetwork
from netwright.nets.word_encoders import CharacterBiLSTM, CharacterCNN

__all__ = ["BERT", "DAN", "MLP", "BiLSTMMax", "PairClassifier", "TabM", "TabularNetwork"]
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
__all__ = ["MLP", "GroupNetwork", "PictureNet", "Standardised", "TabM", "TabularNetwork"]
