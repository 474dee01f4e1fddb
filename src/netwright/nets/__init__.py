"""Whole networks built of layers."""

from netwright.nets.autoencoder import AutoencoderNetwork
from netwright.nets.bert import BERT
from netwright.nets.bidirectional_language_model import BidirectionalLanguageModel
from netwright.nets.bilstm_max import BiLSTMMax
from netwright.nets.character_language_model import CharacterLanguageModel
from netwright.nets.chars2vec import Chars2VecNetwork
from netwright.nets.conv_coder import ConvDecoder, ConvEncoder
from netwright.nets.dan import DAN
from netwright.nets.group_network import GroupNetwork
from netwright.nets.hypersphere import Hypersphere
from netwright.nets.mlp import MLP
from netwright.nets.pair_classifier import PairClassifier
from netwright.nets.picture_net import PictureNet
from netwright.nets.quick_thought import QuickThoughtNetwork
from netwright.nets.reconstruction_error import ReconstructionError
from netwright.nets.skip_thought import SkipThoughtNetwork
from netwright.nets.standardised import Standardised
from netwright.nets.tabm import TabM
from netwright.nets.tabular_network import TabularNetwork
from netwright.nets.tied_autoencoder import TiedAutoencoderNetwork
from netwright.nets.tweet2vec import Tweet2VecNetwork
from netwright.nets.twin import TwinNetwork
from netwright.nets.word_encoders import CharacterBiLSTM, CharacterCNN

__all__ = [
    "BERT",
    "DAN",
    "MLP",
    "AutoencoderNetwork",
    "BiLSTMMax",
    "BidirectionalLanguageModel",
    "CharacterBiLSTM",
    "CharacterCNN",
    "CharacterLanguageModel",
    "Chars2VecNetwork",
    "ConvDecoder",
    "ConvEncoder",
    "GroupNetwork",
    "Hypersphere",
    "PairClassifier",
    "PictureNet",
    "QuickThoughtNetwork",
    "ReconstructionError",
    "SkipThoughtNetwork",
    "Standardised",
    "TabM",
    "TabularNetwork",
    "TiedAutoencoderNetwork",
    "Tweet2VecNetwork",
    "TwinNetwork",
]
