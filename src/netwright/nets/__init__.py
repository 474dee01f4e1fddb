"""Whole networks built of layers."""

from netwright.nets.alexnet import AlexNet
from netwright.nets.autoencoder import AutoencoderNetwork
from netwright.nets.beam_search import search_beams
from netwright.nets.bert import BERT
from netwright.nets.bidirectional_language_model import BidirectionalLanguageModel
from netwright.nets.bilstm_max import BiLSTMMax
from netwright.nets.capsnet import CapsNet, CapsuleDecoder
from netwright.nets.cascaded_fcn import CascadedFCN
from netwright.nets.catalogue import CATALOGUE, find_pretrained, load_pretrained
from netwright.nets.character_language_model import CharacterLanguageModel
from netwright.nets.chars2vec import Chars2VecNetwork
from netwright.nets.cnn_lstm import CNNLSTM
from netwright.nets.composite_lstm import CompositeLSTM
from netwright.nets.conv_coder import ConvDecoder, ConvEncoder
from netwright.nets.conv_lstm_predictor import ConvLSTMPredictor
from netwright.nets.convnet import ConvNet
from netwright.nets.dan import DAN
from netwright.nets.densenet import DenseNet
from netwright.nets.dilated_fcn import DilatedFCN
from netwright.nets.dual_encoder import DualEncoder, GRUReader
from netwright.nets.echo_state import EchoStateNetwork
from netwright.nets.encoder_decoder import EncoderDecoder
from netwright.nets.fcn import FCN
from netwright.nets.functional_graph import Concatenate, FunctionalGraph, Step
from netwright.nets.fused_views import FusedViews
from netwright.nets.googlenet import GoogLeNet
from netwright.nets.group_network import GroupNetwork
from netwright.nets.hierarchical_rnn import HierarchicalRNN
from netwright.nets.hopfield import HopfieldNetwork
from netwright.nets.hourglass import Hourglass
from netwright.nets.hypersphere import Hypersphere
from netwright.nets.image_network import ImageNetwork, cut_head, head_of, replace_head
from netwright.nets.inception_resnet_v2 import InceptionResNetV2
from netwright.nets.inception_v3 import InceptionV3
from netwright.nets.inception_v4 import InceptionV4
from netwright.nets.jordan import JordanNetwork
from netwright.nets.lenet import LeNet5
from netwright.nets.mask_rcnn.network import Detected, MaskRCNN
from netwright.nets.mask_rcnn.rules import DetectionRules
from netwright.nets.memory_network import MemoryNetwork
from netwright.nets.mlp import MLP
from netwright.nets.network_ensemble import NetworkEnsemble
from netwright.nets.neural_turing_machine import NeuralTuringMachine
from netwright.nets.pair_classifier import PairClassifier
from netwright.nets.picture_net import PictureNet
from netwright.nets.pointer_network import PointerNetwork
from netwright.nets.pretrained import Pretrained, load_weights, read_weights
from netwright.nets.projected import ProjectedNetwork
from netwright.nets.quick_thought import QuickThoughtNetwork
from netwright.nets.reconstruction_error import ReconstructionError
from netwright.nets.recurrent_attention import Looks, RecurrentAttention
from netwright.nets.recurrent_network import RecurrentNetwork
from netwright.nets.resnet import ResNet
from netwright.nets.resnet_blocks import BasicBlock, Bottleneck
from netwright.nets.segnet import SegNet
from netwright.nets.seq2seq import Seq2Seq, Written
from netwright.nets.sequence_convolutions import SequenceFCN, SequenceResNet
from netwright.nets.sequence_decoder import SequenceDecoder
from netwright.nets.sequence_lstm_fcn import SequenceLSTMFCN
from netwright.nets.sequence_network import SequenceNetwork
from netwright.nets.siamese_fc import SiameseFC
from netwright.nets.skip_thought import SkipThoughtNetwork
from netwright.nets.snail import SNAIL, FewShotSNAIL
from netwright.nets.sparse_lenet import SparseLeNet5
from netwright.nets.standardised import Standardised
from netwright.nets.tabm import TabM
from netwright.nets.tabular_network import TabularNetwork
from netwright.nets.temporal_conv_net import TemporalConvNet
from netwright.nets.tied_autoencoder import TiedAutoencoderNetwork
from netwright.nets.topologies import ManyToMany, ManyToOne, OneToMany
from netwright.nets.tweet2vec import Tweet2VecNetwork
from netwright.nets.twin import TwinNetwork
from netwright.nets.two_stage import TwoStageNetwork
from netwright.nets.unet import UNet
from netwright.nets.vgg import VGG
from netwright.nets.word_encoders import CharacterBiLSTM, CharacterCNN
from netwright.nets.xception import Xception

__all__ = [
    "BERT",
    "CATALOGUE",
    "CNNLSTM",
    "DAN",
    "FCN",
    "MLP",
    "SNAIL",
    "VGG",
    "AlexNet",
    "AutoencoderNetwork",
    "BasicBlock",
    "BiLSTMMax",
    "BidirectionalLanguageModel",
    "Bottleneck",
    "CapsNet",
    "CapsuleDecoder",
    "CascadedFCN",
    "CharacterBiLSTM",
    "CharacterCNN",
    "CharacterLanguageModel",
    "Chars2VecNetwork",
    "CompositeLSTM",
    "Concatenate",
    "ConvDecoder",
    "ConvEncoder",
    "ConvLSTMPredictor",
    "ConvNet",
    "DenseNet",
    "Detected",
    "DetectionRules",
    "DilatedFCN",
    "DualEncoder",
    "EchoStateNetwork",
    "EncoderDecoder",
    "FewShotSNAIL",
    "FunctionalGraph",
    "FusedViews",
    "GRUReader",
    "GoogLeNet",
    "GroupNetwork",
    "HierarchicalRNN",
    "HopfieldNetwork",
    "Hourglass",
    "Hypersphere",
    "ImageNetwork",
    "InceptionResNetV2",
    "InceptionV3",
    "InceptionV4",
    "JordanNetwork",
    "LeNet5",
    "Looks",
    "ManyToMany",
    "ManyToOne",
    "MaskRCNN",
    "MemoryNetwork",
    "NetworkEnsemble",
    "NeuralTuringMachine",
    "OneToMany",
    "PairClassifier",
    "PictureNet",
    "PointerNetwork",
    "Pretrained",
    "ProjectedNetwork",
    "QuickThoughtNetwork",
    "ReconstructionError",
    "RecurrentAttention",
    "RecurrentNetwork",
    "ResNet",
    "SegNet",
    "Seq2Seq",
    "SequenceDecoder",
    "SequenceFCN",
    "SequenceLSTMFCN",
    "SequenceNetwork",
    "SequenceResNet",
    "SiameseFC",
    "SkipThoughtNetwork",
    "SparseLeNet5",
    "Standardised",
    "Step",
    "TabM",
    "TabularNetwork",
    "TemporalConvNet",
    "TiedAutoencoderNetwork",
    "Tweet2VecNetwork",
    "TwinNetwork",
    "TwoStageNetwork",
    "UNet",
    "Written",
    "Xception",
    "cut_head",
    "find_pretrained",
    "head_of",
    "load_pretrained",
    "load_weights",
    "read_weights",
    "replace_head",
    "search_beams",
]
