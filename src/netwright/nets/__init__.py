"""Whole networks built of layers."""

from netwright.nets.alexnet import AlexNet
from netwright.nets.bert import BERT
from netwright.nets.bidirectional_language_model import BidirectionalLanguageModel
from netwright.nets.bilstm_max import BiLSTMMax
from netwright.nets.catalogue import CATALOGUE, find_pretrained, load_pretrained
from netwright.nets.character_language_model import CharacterLanguageModel
from netwright.nets.chars2vec import Chars2VecNetwork
from netwright.nets.convnet import ConvNet
from netwright.nets.dan import DAN
from netwright.nets.densenet import DenseNet
from netwright.nets.group_network import GroupNetwork
from netwright.nets.image_network import ImageNetwork, cut_head, head_of, replace_head
from netwright.nets.lenet import LeNet5
from netwright.nets.mlp import MLP
from netwright.nets.pair_classifier import PairClassifier
from netwright.nets.picture_net import PictureNet
from netwright.nets.pretrained import Pretrained, load_weights, read_weights
from netwright.nets.quick_thought import QuickThoughtNetwork
from netwright.nets.resnet import ResNet
from netwright.nets.resnet_blocks import BasicBlock, Bottleneck
from netwright.nets.skip_thought import SkipThoughtNetwork
from netwright.nets.sparse_lenet import SparseLeNet5
from netwright.nets.standardised import Standardised
from netwright.nets.tabm import TabM
from netwright.nets.tabular_network import TabularNetwork
from netwright.nets.tweet2vec import Tweet2VecNetwork
from netwright.nets.vgg import VGG
from netwright.nets.word_encoders import CharacterBiLSTM, CharacterCNN

__all__ = [
    "BERT",
    "CATALOGUE",
    "DAN",
    "MLP",
    "VGG",
    "AlexNet",
    "BasicBlock",
    "BiLSTMMax",
    "BidirectionalLanguageModel",
    "Bottleneck",
    "CharacterBiLSTM",
    "CharacterCNN",
    "CharacterLanguageModel",
    "Chars2VecNetwork",
    "ConvNet",
    "DenseNet",
    "GroupNetwork",
    "ImageNetwork",
    "LeNet5",
    "PairClassifier",
    "PictureNet",
    "Pretrained",
    "QuickThoughtNetwork",
    "ResNet",
    "SkipThoughtNetwork",
    "SparseLeNet5",
    "Standardised",
    "TabM",
    "TabularNetwork",
    "Tweet2VecNetwork",
    "cut_head",
    "find_pretrained",
    "head_of",
    "load_pretrained",
    "load_weights",
    "read_weights",
    "replace_head",
]
