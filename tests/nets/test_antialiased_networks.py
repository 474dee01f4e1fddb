"""Networks that blur before they thin, beside the same ones that do not, on digits that move by a pixel."""

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

from netwright.nets import VGG, AlexNet, ConvNet, DenseNet, ResNet

SHIFTS = [(0, 1), (1, 0), (0, -1), (-1, 0)]
